"""The view panel: which layers are on, and how the picture is shown. A slim sheet below the view bar."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import BY_ID, key_text
from polypviewer.ui.controls import cap_height, cap_width, draw_cap, heading
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active, scaled

WIDTH: Final = 288
LAYERS: Final = ("heat", "provenance", "difference", "field", "crosshair", "grid", "mini_map", "compare", "cover")


class ViewPanel(QFrame):
    """Layers are switched by their actions; `add` takes what else belongs here."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("viewPanel")
        self.setAccessibleName(translate("View options"))
        self._actions = actions
        self._body = QWidget()
        self._area = QScrollArea()
        self._area.setObjectName("panelPage")
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self._body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.addWidget(self._area)
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(14, 12, 14, 14)
        self._column.setSpacing(2)
        self._column.addWidget(heading(translate("Layers")))
        for name in LAYERS:
            self._column.addWidget(SwitchRow(actions, name))
        self.hide()

    def add(self, part: QWidget) -> None:
        """Another part at the lower end."""
        self._column.addSpacing(10)
        self._column.addWidget(part)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._actions["view_panel"].trigger()
        else:
            super().keyPressEvent(event)

    def take_room(self, *, height: int) -> None:
        """Be as large as what is in it, but no higher than this; the rest scrolls."""
        self._column.activate()
        width = max(scaled(WIDTH), self._body.minimumSizeHint().width() + 4)
        needed = self._column.totalHeightForWidth(width - 2) + 6
        scrolls = needed > height
        self.resize(width + (10 if scrolls else 0), min(needed, height))


class SwitchRow(QCheckBox):
    """A checkable action as a line with its key at the right end."""

    def __init__(self, actions: ActionSet, name: str) -> None:
        super().__init__(actions[name].text())
        self._actions, self._name = actions, name
        self._action: QAction = actions[name]
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.text())
        self.clicked.connect(self._action.trigger)
        self._action.changed.connect(self._follow)
        actions.preset_changed.connect(self.update)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setChecked(self._action.isChecked())
        self.setToolTip(self._action.toolTip())

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width() + 64, max(28, super().sizeHint().height()))

    def hitButton(self, position: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        key = key_text(BY_ID[self._name], self._actions.keys)
        if key:
            width = cap_width(key)
            painter = QPainter(self)
            place = self.rect().adjusted(self.width() - width - 1, (self.height() - cap_height()) // 2, -1, 0)
            place.setHeight(cap_height())
            draw_cap(painter, place, key, QColor(active().quiet))
            painter.end()
