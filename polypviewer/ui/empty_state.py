"""What the canvas says while there is nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, key_text
from polypviewer.ui.controls import ActionButton, label, wrapped
from polypviewer.ui.icons import pixmap
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active, text_font


class EmptyState(QWidget):
    """Teaches the first step."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self._mark = QLabel()
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = label()
        self._title.setFont(text_font(pixels=18, bold=True))
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text = wrapped()
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setFixedWidth(460)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.buttons = {
            name: ActionButton(actions[name], key_text(BY_ID[name], actions.keys), role=role)
            for name, role in (("open_demo", "primary"), ("import_files", ""), ("open_project", ""))
        }
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._mark)
        column.addSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(16)
        column.addLayout(row)
        column.addStretch(1)
        self.show_no_project()

    def show_no_project(self) -> None:
        """No project is open."""
        self._say(
            translate("Drop images, videos or a folder here"),
            translate(
                "They stay where they are; a project remembers what you decide about them. Or begin with the demo."
            ),
        )

    def show_empty_project(self) -> None:
        """A project without media."""
        self._say(
            translate("Drop images, videos or a folder here"),
            translate("This project is empty. Folders with images and masks beside each other are recognised."),
        )

    def show_loading(self, text: str) -> None:
        """A project is being opened, or a frame is on its way."""
        self._say(text, "")

    def show_broken(self, *, name: str, reason: str) -> None:
        """The chosen medium cannot be read."""
        self._say(translate("{name} cannot be shown", name=name), reason, mark="warning")

    def restyle(self) -> None:
        """The theme has changed."""
        self._say(self._title.text(), self._text.text(), mark=self._mark_name)

    def _say(self, title: str, text: str, *, mark: str = "import") -> None:
        self._mark_name = mark
        colour = active().warning if mark == "warning" else active().quiet
        self._mark.setPixmap(pixmap(mark, QColor(colour).name(), side=40, ratio=self.devicePixelRatioF()))
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._text.setFixedHeight(self._text.heightForWidth(self._text.width()))
