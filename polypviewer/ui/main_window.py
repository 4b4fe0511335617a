"""The main window: puts the parts together, folds them, and says what is wished. It knows no session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.actions import Layout, Preset
from polypviewer.ui.cheat_sheet import CheatSheet
from polypviewer.ui.command_palette import CommandPalette
from polypviewer.ui.dressing import Dressing
from polypviewer.ui.held_keys import HeldKeys
from polypviewer.ui.icons import application_icon
from polypviewer.ui.seeing import Seeing
from polypviewer.ui.status_bar import StatusBar
from polypviewer.ui.theme import ThemeName
from polypviewer.ui.tool_actions import ToolActions
from polypviewer.ui.top_bar import TopBar
from polypviewer.ui.train_page import TrainPage
from polypviewer.ui.workspace import Workspace

SMALLEST: Final = QSize(960, 600)


class MainWindow(QMainWindow):
    """Three layouts over the same canvas. `wished` carries the ids of actions that the window itself cannot do."""

    wished = Signal(str)
    layout_changed = Signal(object)  # Layout
    preset_changed = Signal(str)
    paths_dropped = Signal(object)  # tuple[Path, ...]
    closing = Signal()

    def __init__(self, *, preset: Preset = Preset.DEFAULT) -> None:
        super().__init__()
        self.setWindowTitle("PolypViewer")
        self.setWindowIcon(application_icon())
        self.setMinimumSize(SMALLEST)
        self.setAcceptDrops(True)
        self.actions_ = ActionSet(self, preset=preset)
        self.top, self.status = TopBar(self.actions_), StatusBar()
        self.workspace, self.train = Workspace(self.actions_), TrainPage(self.actions_)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.workspace)
        self._pages.addWidget(self.train)
        self._stack_up()
        self.palette_ = CommandPalette(self.actions_, self)
        self.sheet = CheatSheet(self.actions_, self)
        self._held, self.tool_actions = HeldKeys(self.canvas, self.actions_), ToolActions(self.actions_, self.stage)
        self.seeing, self.dressing = Seeing(self.stage, self.actions_), Dressing(self)
        self.actions_.keep_to(self.canvas)
        self._own = self._own_actions()
        self._connect()
        self.use_layout(Layout.REVIEW)
        self.use_tool("pan")

    def _stack_up(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self._pages, 1)
        column.addWidget(self.status)
        self.setCentralWidget(body)
        self.stage, self.panel = self.workspace.stage, self.workspace.panel
        self.canvas = self.stage.canvas

    def _connect(self) -> None:
        self.actions_.wished.connect(self.do)
        self.palette_.chosen.connect(self._chosen)
        self.palette_.closed.connect(self.stage.take_focus)
        self.sheet.closed.connect(self.stage.take_focus)
        self.top.layout_wished.connect(self.use_layout)
        self.top.palette_wished.connect(self.palette_.open)
        self.top.models_wished.connect(self._show_models)
        self.top.reader_wished.connect(self._reader_wished)
        hand, options = self.canvas.hand, self.stage.options
        options.lesion_wished.connect(self._show_lesions)
        for page in (self.panel.frame, self.panel.lesions):
            page.slot_wished.connect(hand.change_slot)
        self.panel.frame.comment_left.connect(self.stage.take_focus)
        self.stage.message.undo_wished.connect(self.actions_["undo"].trigger)
        self.canvas.space_tapped.connect(self._space_tapped)

    def _own_actions(self) -> dict[str, Callable[[], None]]:
        panel = self.panel
        table: dict[str, Callable[[], None]] = {
            "palette": self.palette_.open,
            "cheat_sheet": self._toggle_sheet,
            "toggle_strip": self.workspace.toggle_below,
            "toggle_panel": self.workspace.toggle_panel,
            "only_picture": self._toggle_bare,
            "switch_keys": self._switch_keys,
            **self.tool_actions.table(),
            "comment": self._begin_comment,
            "show_models": self._show_models,
            "full_screen": self._toggle_full_screen,
            "quit": self._quit,
            **self.seeing.handlers(),
            **self.dressing.handlers(),
        }
        self._tabs = {
            "show_frame_tab": panel.frame,
            "show_lesions_tab": panel.lesions,
            "show_history_tab": panel.history,
            "show_media_tab": panel.media,
        }
        return table

    # --- what is wished -----------------------------------------------------------------------------------------

    def do(self, action_id: str) -> None:
        """Do what the window can do itself; hand on the rest."""
        if action_id in self._own:
            self._own[action_id]()
        elif action_id in self.canvas.tools:
            self.use_tool(action_id)
        elif action_id in self._tabs:
            self.show_page(self._tabs[action_id])
        elif action_id in tuple(Layout):
            self.use_layout(Layout(action_id))
        elif action_id.startswith("lesion_"):
            self.canvas.hand.change_slot(int(action_id.removeprefix("lesion_")))
        else:
            self.wished.emit(action_id)

    def use_layout(self, layout: Layout) -> None:
        """Review, Video or Train."""
        self.actions_.use_layout(layout)
        self._pages.setCurrentWidget(self.train if layout is Layout.TRAIN else self.workspace)
        self.workspace.show_layout(layout)
        self.stage.message.live_in(self.train if layout is Layout.TRAIN else self.stage)
        self.top.show_layout(layout)
        for other in Layout:
            self.actions_[other].setChecked(other is layout)
        if layout is not Layout.TRAIN:
            self.stage.take_focus()
        self.layout_changed.emit(layout)

    @property
    def layout_now(self) -> Layout:
        """Which layout is on."""
        return self.actions_.layout

    def use_tool(self, name: str) -> None:
        """Take a tool into the hand."""
        self.canvas.choose_tool(name)

    def use_theme(self, name: ThemeName) -> None:
        """Dark, light or high contrast."""
        self.dressing.use_theme(name)

    def show_page(self, page: QWidget) -> None:
        """Bring a page of the panel to the front."""
        if self.layout_now is Layout.TRAIN:
            self.use_layout(Layout.REVIEW)
        self.workspace.unfold_panel()
        self.panel.show_page(page)

    def use_preset(self, preset: Preset) -> None:
        """Listen to other keys."""
        self.actions_.use_preset(preset)
        self.preset_changed.emit(preset.value)

    # --- small deeds --------------------------------------------------------------------------------------------

    def _chosen(self, action_id: str) -> None:
        self.actions_[action_id].trigger()

    def _space_tapped(self) -> None:
        if self.layout_now is Layout.VIDEO:
            self.wished.emit("play")

    def _show_models(self) -> None:
        self.show_page(self.panel.model)

    def _show_lesions(self) -> None:
        self.show_page(self.panel.lesions)

    def _reader_wished(self) -> None:
        self.wished.emit("rename_reader")

    def _begin_comment(self) -> None:
        self.show_page(self.panel.frame)
        self.panel.frame.begin_comment()

    def _toggle_sheet(self) -> None:
        if self.sheet.isVisible():
            self.sheet.close_sheet()
        else:
            self.sheet.open()

    def _toggle_bare(self) -> None:
        self.workspace.toggle_bare()
        self.top.setVisible(not self.workspace.is_bare)
        self.status.setVisible(not self.workspace.is_bare)

    def _switch_keys(self) -> None:
        self.use_preset(Preset.DEFAULT if self.actions_.preset is Preset.CVAT else Preset.CVAT)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _quit(self) -> None:
        self.close()

    # --- events -------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._held.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._held.release(event):
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.WindowStateChange:
            self.actions_["full_screen"].setChecked(self.isFullScreen())
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = tuple(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.paths_dropped.emit(paths)

    def keep_open(self) -> None:
        """For who hears `closing`: the window stays this time."""
        self._stays_open = True

    def closeEvent(self, event: QCloseEvent) -> None:
        self._stays_open = False
        self.closing.emit()
        event.setAccepted(not self._stays_open)
