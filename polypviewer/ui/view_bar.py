"""The view bar: floats at the top right of the canvas, opens the view options, and says that a view is enhanced."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.text import translate
from polypviewer.ui.theme import OPTIONS_BAR


class ViewBar(QFrame):
    """One button, and a badge that nobody can overlook while anything changes how the picture looks."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("viewBar")
        self.setAccessibleName(translate("View"))
        self.setFixedHeight(OPTIONS_BAR)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.badge = QPushButton(translate("Enhanced view"))
        self.badge.setProperty("role", "badge")
        self.badge.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.badge.setAccessibleName(translate("Enhanced view is on. Show the picture as it is."))
        self.badge.setToolTip(
            translate("The picture is shown enhanced; nothing of it is stored. Click to switch it off")
        )
        self.badge.clicked.connect(actions["enhance"].trigger)
        self.badge.hide()
        self.cover = QPushButton()
        self.cover.setProperty("role", "badge")
        self.cover.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cover.clicked.connect(actions["cover"].trigger)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(4)
        row.addWidget(self.badge)
        row.addWidget(self.cover)
        for name in ("compare", "provenance", "heat", "view_panel"):
            row.addWidget(self._button(actions, name))
        self.show_covered(on=False, finds=True)

    def _button(self, actions: ActionSet, name: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "view")
        button.setDefaultAction(actions[name])
        button.setIconSize(QSize(18, 18))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(actions[name].text())
        self.buttons[name] = button
        return button

    def show_enhanced(self, *, on: bool) -> None:
        """Whether the picture is shown other than it is."""
        self.badge.setVisible(on)
        self.adjustSize()

    def show_covered(self, *, on: bool, finds: bool) -> None:
        """Whether the picture is covered outside the field of view; `finds`: there is something outside."""
        if finds:
            text = translate("Covered")
            tip = translate("Burnt-in text and all outside the field of view are covered, on the screen only")
        else:
            text = translate("Nothing to cover")
            tip = translate("The field of view is the whole frame, so nothing of it is covered")
        rest = translate("Text over tissue stays; names of files stay; the strip shows no pictures. Click to uncover")
        self.cover.setText(text)
        self.cover.setToolTip(f"{tip}. {rest}")
        self.cover.setAccessibleName(f"{text}. {tip}")
        self.cover.setVisible(on)
        self.adjustSize()
