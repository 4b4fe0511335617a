"""The few dialogs that may stop the hand: first start, the exams of a flat folder, and what destroys something.

Each returns a value or None; none of them changes anything itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from polypviewer.core.errors import PolypViewerError
from polypviewer.core.exam_rules import ExamRule, ExamRuleKind, preview_exams
from polypviewer.ui.actions import Preset
from polypviewer.ui.controls import TextField, heading, label, set_tone, wrapped
from polypviewer.ui.text import count_text, translate
from polypviewer.ui.theme import scaled, text_font

PREVIEW_ROWS: Final = 200
DEFAULT_PATTERN: Final = r"^([^_-]+)[_-]"


class QuietDialog(QDialog):
    """A title, a body, and two buttons. Gone once it is answered: who opens it reads it in `accepted`."""

    def __init__(self, title: str, *, accept: str, parent: QWidget | None, width: int = 460) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setFixedWidth(scaled(width))
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        self.accept_button, self.cancel_button = QPushButton(accept), QPushButton(translate("Cancel"))
        self.accept_button.setProperty("role", "primary")
        self.accept_button.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.accept_button)
        name = label(title)
        name.setFont(text_font(pixels=16, bold=True))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(name)
        column.addLayout(self.body)
        column.addSpacing(4)
        column.addLayout(buttons)
        self.accept_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)


@dataclass(frozen=True, slots=True)
class ReaderChoice:
    """Who reads, with which keys."""

    name: str
    preset: Preset


class FirstStartDialog(QuietDialog):
    """Who is reading, and which keys are in the fingers."""

    def __init__(self, *, name: str = "", preset: Preset = Preset.DEFAULT, parent: QWidget | None = None) -> None:
        super().__init__(translate("Welcome to PolypViewer"), accept=translate("Begin"), parent=parent)
        self.body.addWidget(
            wrapped(
                translate(
                    "For research and annotation. Not a medical device, not for diagnosis. Nothing leaves this machine."
                )
            )
        )
        self.body.addSpacing(8)
        self.body.addWidget(heading(translate("Your name or initials")))
        self.name = TextField(name)
        self.name.setAccessibleName(translate("Your name or initials"))
        self.name.setPlaceholderText(translate("for example AB"))
        self.name.setMaxLength(60)
        self.body.addWidget(self.name)
        self.body.addWidget(wrapped(translate("It stands beside every decision you take, in this project only.")))
        self.body.addSpacing(8)
        self.body.addWidget(heading(translate("Keys")))
        self.default_keys = QRadioButton(translate("PolypViewer: D next, A previous, Enter accepts"))
        self.cvat_keys = QRadioButton(translate("CVAT: F next, D previous, Enter accepts"))
        for button in (self.default_keys, self.cvat_keys):
            self.body.addWidget(button)
        (self.cvat_keys if preset is Preset.CVAT else self.default_keys).setChecked(True)
        self.name.textChanged.connect(self._named)
        self._named(name)
        self.name.setFocus()

    @property
    def choice(self) -> ReaderChoice:
        """What was chosen."""
        preset = Preset.CVAT if self.cvat_keys.isChecked() else Preset.DEFAULT
        return ReaderChoice(self.name.text().strip(), preset)

    def _named(self, name: str) -> None:
        self.accept_button.setEnabled(bool(name.strip()))


class ExamRuleDialog(QuietDialog):
    """Which exam each file of an import belongs to; a live preview shows what a rule would do."""

    def __init__(self, paths: Sequence[PurePath], *, parent: QWidget | None = None) -> None:
        super().__init__(
            translate("Which examination are these from?"), accept=translate("Import"), parent=parent, width=560
        )
        self._paths = tuple(paths)
        self.body.addWidget(
            wrapped(
                translate(
                    "{count} files. Frames of one examination must never stand on both sides of a split.",
                    count=count_text(len(self._paths)),
                )
            )
        )
        self._group = QButtonGroup(self)
        self._kinds: tuple[ExamRuleKind, ...] = ("one", "folder", "pattern", "unknown")
        texts = (
            translate("All of them are one examination"),
            translate("One examination per folder"),
            translate("By a pattern in the file name"),
            translate("Unknown (then splits are not patient-safe)"),
        )
        self.buttons: dict[str, QRadioButton] = {}
        self.pattern = TextField(DEFAULT_PATTERN)
        self.pattern.setAccessibleName(translate("Pattern with one group in brackets"))
        for number, (kind, text) in enumerate(zip(self._kinds, texts, strict=True)):
            button = QRadioButton(text)
            self.buttons[kind] = button
            self._group.addButton(button, number)
            self.body.addWidget(button)
            if kind == "pattern":
                self.body.addWidget(self.pattern)
        self.body.addSpacing(4)
        self._summary = label(tone="quiet")
        self._preview = QListWidget()
        self._preview.setAccessibleName(translate("Preview"))
        self._preview.setFixedHeight(140)
        self._preview.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.body.addWidget(self._summary)
        self.body.addWidget(self._preview)
        folders = {path.parent for path in self._paths}
        self.buttons["folder" if len(folders) > 1 else "unknown"].setChecked(True)
        self._group.idToggled.connect(self._show_preview)
        self.pattern.textChanged.connect(self._show_preview)
        self._show_preview()

    @property
    def rule(self) -> ExamRule | None:
        """The chosen rule; None while its pattern cannot be used."""
        kind = self._kinds[self._group.checkedId()]
        try:
            return ExamRule(kind, self.pattern.text() if kind == "pattern" else "")
        except PolypViewerError:
            return None

    @property
    def preview_lines(self) -> tuple[str, ...]:
        """What the preview says."""
        return tuple(self._preview.item(row).text() for row in range(self._preview.count()))

    def _show_preview(self) -> None:
        rule = self.rule
        self.pattern.setEnabled(self.buttons["pattern"].isChecked())
        self.accept_button.setEnabled(rule is not None)
        self._preview.clear()
        if rule is None:
            self._summary.setText(translate("This pattern cannot be used: it needs one group in brackets."))
            set_tone(self._summary, "warning")
            return
        preview = preview_exams(self._paths, rule)
        set_tone(self._summary, "quiet")
        text = translate(
            "{exams} examinations, {unknown} files unknown", exams=len(preview.groups), unknown=preview.unknown
        )
        self._summary.setText(text)
        for name, count in preview.groups[:PREVIEW_ROWS]:
            self._preview.addItem(translate("{name}: {count} files", name=PurePath(name).name or name, count=count))


class GoToDialog(QuietDialog):
    """The number of a frame."""

    def __init__(self, *, current: int, count: int, parent: QWidget | None = None) -> None:
        super().__init__(translate("Go to frame"), accept=translate("Go"), parent=parent, width=300)
        self.number = QSpinBox()
        self.number.setRange(1, max(1, count))
        self.number.setValue(current)
        self.number.setAccessibleName(translate("Number of the frame"))
        self.number.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.number.selectAll()
        self.body.addWidget(label(translate("1 to {count}", count=count_text(count)), tone="quiet"))
        self.body.addWidget(self.number)


class ConfirmDialog(QuietDialog):
    """Asks before something is destroyed."""

    def __init__(self, title: str, text: str, *, accept: str, parent: QWidget | None = None) -> None:
        super().__init__(title, accept=accept, parent=parent)
        self.body.addWidget(wrapped(text))
        self.cancel_button.setFocus()
