"""The right panel: tabs over pages, each page scrolling when the window is low."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.controls import Segments, rule
from polypviewer.ui.frame_page import FramePage
from polypviewer.ui.history_page import HistoryPage
from polypviewer.ui.lesions_page import LesionsPage
from polypviewer.ui.media_page import MediaPage
from polypviewer.ui.model_page import ModelPage
from polypviewer.ui.text import translate
from polypviewer.ui.theme import PANEL


class RightPanel(QWidget):
    """Frame, lesions, history, model and media."""

    def __init__(self, actions: ActionSet) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(PANEL)
        self.setAccessibleName(translate("Panel"))
        self.frame, self.lesions = FramePage(actions), LesionsPage()
        self.history, self.model, self.media = HistoryPage(), ModelPage(actions), MediaPage()
        names = tuple(translate(name) for name in ("Frame", "Lesions", "History", "Model", "Media"))
        self._tabs = Segments(names, role="tab", name=translate("Pages of the panel"))
        self._pages: tuple[QWidget, ...] = (self.frame, self.lesions, self.history, self.model, self.media)
        self._stack = QStackedWidget()
        for page in self._pages:
            self._stack.addWidget(page if page in (self.history, self.media) else _scrolling(page))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tabs)
        column.addWidget(rule())
        column.addWidget(self._stack, 1)
        self._tabs.chosen.connect(self._stack.setCurrentIndex)

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front."""
        index = self._pages.index(page)
        self._tabs.show_chosen(index)
        self._stack.setCurrentIndex(index)

    @property
    def page(self) -> QWidget:
        """The page in front."""
        return self._pages[self._stack.currentIndex()]


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName("panelPage")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
