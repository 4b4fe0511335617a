"""The top bar: project and exam, the three layouts, the device that really runs, the palette, the reader."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, Layout, key_text
from polypviewer.ui.controls import ElidedLabel, Segments, label
from polypviewer.ui.text import translate
from polypviewer.ui.theme import GRID, TOP_BAR, text_font

SHORT_NAME: Final = 3
LAYOUTS: Final = (Layout.REVIEW, Layout.VIDEO, Layout.TRAIN)


class TopBar(QWidget):
    """Shows pseudonyms only."""

    layout_wished = Signal(object)  # Layout
    models_wished = Signal()
    palette_wished = Signal()
    reader_wished = Signal()

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("topBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(TOP_BAR)
        self._actions = actions
        self._place = ElidedLabel(tone="quiet")
        self._place.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._place.setMinimumWidth(60)
        self._segments = Segments(
            tuple(translate(BY_ID[layout].text) for layout in LAYOUTS), role="segment", name=translate("Layout")
        )
        for button, layout in zip(self._segments.buttons, LAYOUTS, strict=True):
            button.setToolTip(actions[layout].toolTip())
        self.device = _chip(translate("No model"), translate("Device and model"))
        self.palette_chip = _chip("", translate("Find an action"))
        self.reader = _chip("", translate("Reader"))
        self.reader.setMinimumWidth(34)
        self._show_key()
        self._lay_out()
        self._segments.chosen.connect(self._layout_chosen)
        self.device.clicked.connect(self.models_wished)
        self.palette_chip.clicked.connect(self.palette_wished)
        self.reader.clicked.connect(self.reader_wished)
        actions.preset_changed.connect(self._show_key)

    def _lay_out(self) -> None:
        name = label("PolypViewer", bold=True)
        left = QHBoxLayout()
        left.setSpacing(2 * GRID)
        left.addWidget(name)
        left.addWidget(self._place, 1)
        right = QHBoxLayout()
        right.setSpacing(GRID)
        right.addStretch(1)
        for chip in (self.device, self.palette_chip, self.reader):
            right.addWidget(chip)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 0, 12, 0)
        grid.setHorizontalSpacing(2 * GRID)
        grid.addLayout(left, 0, 0)
        grid.addWidget(self._segments, 0, 1)
        grid.addLayout(right, 0, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)

    def show_place(self, *, project: str, exam: str, note: str = "") -> None:
        """Pseudonyms of project and exam; `note` says "read-only" and the like."""
        parts = [project, translate("exam {exam}", exam=exam) if exam else "", note]
        self._place.setText(" · ".join(part for part in parts if part))

    def show_device(self, text: str, *, tip: str) -> None:
        """What really runs: "CPU 21 ms · polyp-fast 1.0"."""
        self.device.setText(text)
        self.device.setToolTip(tip)

    def show_reader(self, name: str) -> None:
        """Initials on the chip, the name on hover."""
        initials = name if len(name) <= SHORT_NAME else "".join(part[0] for part in name.split()[:2])
        self.reader.setText(initials.upper() or "?")
        self.reader.setToolTip(translate("Reader: {name}", name=name) if name else translate("No reader yet"))

    def show_layout(self, layout: Layout) -> None:
        """Which layout is on."""
        self._segments.show_chosen(LAYOUTS.index(layout))

    def _layout_chosen(self, index: int) -> None:
        self.layout_wished.emit(LAYOUTS[index])

    def _show_key(self) -> None:
        self.palette_chip.setText(key_text(BY_ID["palette"], self._actions.keys))
        self.palette_chip.setToolTip(self._actions["palette"].toolTip())


def _chip(text: str, name: str) -> QPushButton:
    chip = QPushButton(text)
    chip.setProperty("role", "chip")
    chip.setAccessibleName(name)
    chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    chip.setFont(text_font(pixels=12))
    return chip
