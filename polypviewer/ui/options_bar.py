"""The options bar: floats at the top left of the canvas and holds only what the active tool and view need."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import SHAPE_MENU
from polypviewer.ui.canvas.hand import LARGEST_RADIUS, LARGEST_TOLERANCE, SMALLEST_RADIUS, ToolOptions
from polypviewer.ui.canvas.overlay import OverlayStyle
from polypviewer.ui.controls import label
from polypviewer.ui.slider import CanvasSlider
from polypviewer.ui.text import translate
from polypviewer.ui.theme import OPTIONS_BAR, lesion_colour

_STEPS: Final = 100
PARTS: Final[dict[str, tuple[str, ...]]] = {
    "brush": ("size", "nib", "edge", "pressure", "lesion"),
    "eraser": ("size", "nib", "edge", "pressure"),
    "ignore": ("size", "nib", "pressure"),
    "nudge": ("size", "lesion"),
    "lasso": ("lesion",),
    "livewire": ("lesion",),
    "fill": ("tolerance", "lesion"),
    "wand": ("tolerance", "contiguous", "lesion"),
    "seeds": ("lesion",),
    "box": ("lesion",),
}
"""What each tool needs beside what the view needs."""
FOLDS: Final = (
    "opacity", "hint", "nib", "strictness", "outline", "pressure", "lesion", "edge", "contiguous", "shapes",
    "tolerance",
)  # fmt: skip
"""What is left out first where the canvas is too narrow for all; the view panel and the keys still have it."""


class OptionsBar(QFrame):
    """Size, nib, edge, tolerance, lesion; opacity and outline; the shapes; what Enter and Escape would do."""

    radius_wished = Signal(float)
    tolerance_wished = Signal(float)
    strictness_wished = Signal(float)
    option_wished = Signal(str)  # id of the action that turns an option round
    fill_wished = Signal(float)
    outline_wished = Signal(bool)
    lesion_wished = Signal()
    apply_wished = Signal()
    drop_wished = Signal()

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("optionsBar")
        self.setAccessibleName(translate("Options of the tool"))
        self.setFixedHeight(OPTIONS_BAR)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._actions = actions
        self._tool, self._options = "pan", ToolOptions()
        self._outlined = self._has_pen = self._previews = False
        self._room: int | None = None
        self._make_sliders()
        self._make_links()
        self._hint = label(tone="quiet")
        self._shapes = self._shape_button()
        self._groups: dict[str, QWidget] = {}
        self._lay_out()
        self._show_parts()

    def _make_sliders(self) -> None:
        self._size = CanvasSlider(0, _STEPS, name=translate("Brush size"))
        self._tolerance = CanvasSlider(0, _STEPS, name=translate("Tolerance"))
        self._strictness = CanvasSlider(0, _STEPS, name=translate("How strictly the brush keeps to edges"))
        self._fill = CanvasSlider(0, _STEPS, name=translate("Opacity of masks"))
        for slider, width in ((self._size, 96), (self._tolerance, 96), (self._strictness, 56), (self._fill, 72)):
            slider.setFixedWidth(width)
        self._size_text = self._figure(translate("{size} px", size=888))
        self._tolerance_text = self._figure(translate("Tolerance {tolerance}", tolerance=188))
        self._size.valueChanged.connect(self._size_moved)
        self._tolerance.valueChanged.connect(self._tolerance_moved)
        self._strictness.valueChanged.connect(self._strictness_moved)
        self._fill.valueChanged.connect(self._fill_moved)

    def _make_links(self) -> None:
        self._switches = {
            name: self._switch(name, tip)
            for name, tip in (
                ("square_nib", translate("Round or square tip")),
                ("edge_aware", translate("Stay within the edge of where the stroke starts")),
                ("pen_pressure", translate("The pressure of the pen sets the size")),
                ("contiguous", translate("Only what hangs together with the click")),
            )
        }
        self._outline = _link(translate("Fill"), translate("Outline or fill"))
        self._lesion = _link("1", translate("Lesion that is painted"))
        self._apply = _link(translate("Enter applies"), translate("Take the preview"))
        self._drop = _link(translate("Esc drops"), translate("Drop the preview"))
        self._swatch = Swatch(1)
        self._outline.clicked.connect(self._outline_clicked)
        self._lesion.clicked.connect(self.lesion_wished)
        self._apply.clicked.connect(self.apply_wished)
        self._drop.clicked.connect(self.drop_wished)

    def _switch(self, name: str, tip: str) -> QPushButton:
        button = _link("", tip)
        button.setObjectName(name)
        button.clicked.connect(self._switched)
        return button

    def _figure(self, longest: str) -> QLabel:
        made = label()
        made.setMinimumWidth(self.fontMetrics().horizontalAdvance(longest))
        return made

    def _shape_button(self) -> QPushButton:
        button = _link(translate("Shape"), translate("Shape the lesion, and what belongs to masks as a whole"))
        menu = QMenu(button)
        for group in SHAPE_MENU:
            if not menu.isEmpty():
                menu.addSeparator()
            for name in group:
                menu.addAction(self._actions[name])
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        switches = self._switches
        parts: tuple[tuple[str, tuple[QWidget, ...]], ...] = (
            ("preview", (self._apply, self._drop)),
            ("size", (self._size_text, self._size)),
            ("tolerance", (self._tolerance_text, self._tolerance)),
            ("nib", (switches["square_nib"],)),
            ("edge", (label(translate("Edge-aware"), tone="quiet"), switches["edge_aware"])),
            ("strictness", (self._strictness,)),
            ("pressure", (label(translate("Pressure"), tone="quiet"), switches["pen_pressure"])),
            ("contiguous", (label(translate("Contiguous"), tone="quiet"), switches["contiguous"])),
            ("lesion", (label(translate("Lesion"), tone="quiet"), self._swatch, self._lesion)),
            ("opacity", (label(translate("Opacity"), tone="quiet"), self._fill)),
            ("outline", (self._outline,)),
            ("shapes", (self._shapes,)),
            ("hint", (self._hint,)),
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(12)
        for name, widgets in parts:
            self._groups[name] = _group(widgets)
            row.addWidget(self._groups[name])

    # --- what is shown ------------------------------------------------------------------------------------------

    def show_tool(self, name: str) -> None:
        """Only what this tool needs is there."""
        self._tool = name
        self._show_parts()

    def show_hint(self, text: str) -> None:
        """One line about what the tool waits for."""
        if text != self._hint.text():
            self._hint.setText(text)
            self._show_parts()

    def show_preview(self, *, stands: bool) -> None:
        """Enter and Escape mean the preview while it stands."""
        self._previews = stands
        self._show_parts()

    def show_pen(self) -> None:
        """There is a pen: pressure is a choice."""
        self._has_pen = True
        self._show_parts()

    def fit(self, room: int) -> None:
        """Be no wider than `room` logical pixels: what is needed least goes first."""
        self._room = room
        self._show_parts()

    def show_radius(self, radius: float) -> None:
        """The brush's radius in image pixels; its diameter is what stands there."""
        self._size_text.setText(translate("{size} px", size=max(1, round(2 * radius))))
        self._size.show_value(round(_STEPS * _fraction(radius)))

    def show_options(self, options: ToolOptions) -> None:
        """What the tools are set to."""
        was, self._options = self._options, options
        self._tolerance_text.setText(translate("Tolerance {tolerance}", tolerance=round(options.tolerance)))
        self._tolerance.show_value(round(_STEPS * options.tolerance / LARGEST_TOLERANCE))
        self._strictness.show_value(round(_STEPS * options.edge))
        on, off = translate("on"), translate("off")
        self._switches["square_nib"].setText(translate("Square") if options.square else translate("Round"))
        self._switches["edge_aware"].setText(on if options.edge_aware else off)
        self._switches["pen_pressure"].setText(on if options.pen_pressure else off)
        self._switches["contiguous"].setText(on if options.contiguous else off)
        if (was.square, was.edge_aware) != (options.square, options.edge_aware):
            self._show_parts()

    def show_style(self, style: OverlayStyle) -> None:
        """Opacity and outline mode."""
        self._outlined = style.outlined
        self._fill.show_value(round(_STEPS * style.fill))
        self._fill.setEnabled(not style.outlined)
        self._outline.setText(translate("Outline") if style.outlined else translate("Fill"))

    def show_slot(self, slot: int) -> None:
        """The lesion that is painted."""
        self._lesion.setText(str(slot))
        self._swatch.show_slot(slot)

    def _show_parts(self) -> None:
        wanted = {*PARTS.get(self._tool, ()), "opacity", "outline", "shapes"}
        if not self._has_pen:
            wanted.discard("pressure")
        if "edge" in wanted and self._options.edge_aware:
            wanted = {*wanted, "strictness"} - {"nib"}
        if self._previews:
            wanted.add("preview")
        elif self._hint.text():
            wanted.add("hint")
        for name, group in self._groups.items():
            group.setVisible(name in wanted)
            group.updateGeometry()
        for name in FOLDS:
            if self._room is None or self.sizeHint().width() <= self._room:
                break
            self._groups[name].setVisible(False)
        self.adjustSize()

    # --- the hand -----------------------------------------------------------------------------------------------

    def _size_moved(self, value: int) -> None:
        low, high = math.log(SMALLEST_RADIUS), math.log(LARGEST_RADIUS)
        self.radius_wished.emit(math.exp(low + (high - low) * value / _STEPS))

    def _tolerance_moved(self, value: int) -> None:
        self.tolerance_wished.emit(LARGEST_TOLERANCE * value / _STEPS)

    def _strictness_moved(self, value: int) -> None:
        self.strictness_wished.emit(value / _STEPS)

    def _fill_moved(self, value: int) -> None:
        self.fill_wished.emit(value / _STEPS)

    def _switched(self) -> None:
        self.option_wished.emit(self.sender().objectName())

    def _outline_clicked(self) -> None:
        self.outline_wished.emit(not self._outlined)


class Swatch(QWidget):
    """A small square in a lesion's colour."""

    def __init__(self, slot: int | None) -> None:
        super().__init__()
        self._slot = slot
        self.setFixedSize(12, 28)

    def show_slot(self, slot: int | None) -> None:
        """Another lesion; None: an empty square."""
        self._slot = slot
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(128, 128, 128, 120))
        painter.setBrush(QColor(0, 0, 0, 0) if self._slot is None else lesion_colour(self._slot))
        painter.drawRoundedRect(0, (self.height() - 11) // 2, 11, 11, 3, 3)
        painter.end()


def _fraction(radius: float) -> float:
    low, high = math.log(SMALLEST_RADIUS), math.log(LARGEST_RADIUS)
    return (math.log(max(radius, SMALLEST_RADIUS)) - low) / (high - low)


def _group(widgets: tuple[QWidget, ...]) -> QWidget:
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    return made


def _link(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "link")
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
