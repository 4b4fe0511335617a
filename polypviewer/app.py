"""Composition root of the window: settings, log, exception hook, wiring."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from polypviewer.core.errors import ProjectError
from polypviewer.session.crash import install_exception_hook, log_error, start_log
from polypviewer.session.messages import message_of
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from polypviewer.ui.actions import Preset
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.theme import ThemeName, apply_theme
from polypviewer.ui.tidying import Tidying
from polypviewer.ui.window_place import place_text, put_in_place
from polypviewer.ui.wire_compare import CompareWiring
from polypviewer.ui.wire_components import ComponentWiring
from polypviewer.ui.wire_cover import CoverWiring
from polypviewer.ui.wire_frames import FrameWiring
from polypviewer.ui.wire_keys import KeyWiring
from polypviewer.ui.wire_layers import LayerWiring
from polypviewer.ui.wire_models import ModelWiring
from polypviewer.ui.wire_project import ProjectWiring
from polypviewer.ui.wire_shapes import LesionWiring
from polypviewer.ui.wire_tastes import TasteWiring
from polypviewer.ui.wire_tools import ShapeWiring, StrokeWiring
from polypviewer.ui.wire_travel import TravelWiring
from polypviewer.ui.wire_video import VideoWiring
from polypviewer.ui.wire_view import ViewWiring

SWITCH_S: Final = 0.001
"""How long a lane may hold the interpreter when the window wants it; Python's own 5 ms are felt by the hand."""
TRACE: Final = "POLYPVIEWER_STARTUP_TRACE"
QUIT_WHEN_READY: Final = "POLYPVIEWER_QUIT_WHEN_READY"
_UNNAMED: Final = "reader"


class Wiring(QObject):
    """The window and the session, connected."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self.window, self.session = window, session
        self.frames, self.video = FrameWiring(window, session), VideoWiring(window, session)
        self.models, self.project = ModelWiring(window, session), ProjectWiring(window, session)
        self.travel, self.view = TravelWiring(window, session), ViewWiring(window, session)
        self.layers, self.compare = LayerWiring(window, session), CompareWiring(window, session)
        self.tastes = TasteWiring(window, session)
        self.strokes, self.shapes = StrokeWiring(window, session), ShapeWiring(window, session)
        self.lesions = LesionWiring(window, session)
        self.keys, self.components = KeyWiring(window, session), ComponentWiring(window, session)
        self.cover = CoverWiring(window, session)
        self._handlers: dict[str, Callable[[], None]] = {}
        doing = (self.frames, self.travel, self.video, self.models, self.project, self.tastes, self.lesions)
        for part in (*doing, self.view, self.compare, self.keys, self.components):
            self._handlers.update(part.handlers())
        self.tastes.reader_changed.connect(self.project.open_again)
        window.wished.connect(self._do)
        window.closing.connect(self._close_wished)
        session.media_changed.connect(self._media_changed)
        session.project_closed.connect(self._project_closed)
        self._tidying = Tidying(self)
        self._closed = False

    def close(self) -> None:
        """Everything that was released is written, every worker joined."""
        if not self._closed:
            self._closed = True
            self.project.close()
            self.session.set_setting("window_place", place_text(self.window))
            self.tastes.close()
            self.video.stop()
            try:
                self.session.close()
            except ProjectError as error:
                log_error(error)
                sys.stderr.write(f"{error.sentence}\n")
            finally:
                self._tidying.close()

    def _close_wished(self) -> None:
        """The window stays until all is on disk, or somebody says what becomes of the rest."""
        if not self._closed:
            self.session.close_project(self._close_for_good)
        if not self._closed:
            self.window.keep_open()

    def _close_for_good(self) -> None:
        self.close()
        self.window.close()

    def _do(self, action_id: str) -> None:
        self._handlers[action_id]()

    def _media_changed(self) -> None:
        self.frames.show_project()
        self.video.show_project()
        self.models.show_project()

    def _project_closed(self) -> None:
        self.frames.clear()
        self.video.show_project()
        self.models.show_project()


class _ReadyTrace(QObject):
    """Says when the window stands there painted, with its first frame if it opened a project."""

    ready = Signal()

    def __init__(self, window: MainWindow, *, waits_for_frame: bool) -> None:
        super().__init__(window)
        self._window, self._waits = window, waits_for_frame
        self._told = False
        window.canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.Paint
            and not self._told
            and not (self._waits and not self._window.canvas.has_frame)
        ):
            self._told = True
            QTimer.singleShot(0, self._tell)
        return False

    def _tell(self) -> None:
        sys.stderr.write(json.dumps({"ready_s": round(seconds_since_start(), 3)}) + "\n")
        sys.stderr.flush()
        self.ready.emit()


def seconds_since_start() -> float:
    """Seconds since this process began: of the kernel's count where it can be read, else of Python's own clock."""
    try:
        started = float(Path("/proc/self/stat").read_text("ascii").rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return time.process_time()
    return uptime - started / os.sysconf("SC_CLK_TCK")


def make_window(session: Session) -> tuple[MainWindow, Wiring]:
    """A window connected to a session, in the reader's theme and keys; not shown yet."""
    sys.setswitchinterval(SWITCH_S)
    application = QApplication.instance()
    theme = cast("ThemeName", session.settings.text("theme"))
    if isinstance(application, QApplication):
        application.setStyle("Fusion")
        apply_theme(application, theme)
    window = MainWindow(preset=Preset(session.settings.text("key_preset")))
    return window, Wiring(window, session)


def run_window(project: Path | None = None, *, reader: str = "") -> int:
    """Open the window, on a project if one is given, and run until it is closed. Returns the exit code.

    `reader`: who decides; by default the one in the settings, who is asked for at the first start.
    """
    for events in (
        Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents,
        Qt.ApplicationAttribute.AA_CompressTabletEvents,
    ):
        QApplication.setAttribute(events, False)
    application = QApplication.instance() or QApplication(["polypviewer"])
    application.setApplicationName("PolypViewer")
    start_log()
    settings = Settings()
    quits = os.environ.get(QUIT_WHEN_READY) == "1"
    settings.reader = reader or settings.reader or (_UNNAMED if quits else "")
    session = Session(settings=settings)
    window, wiring = make_window(session)
    before = install_exception_hook(session.save, _Teller(session).tell)
    if os.environ.get(TRACE) == "1" or quits:
        trace = _ReadyTrace(window, waits_for_frame=project is not None)
        if quits:
            trace.ready.connect(window.close)
    _show(window, settings)
    _begin(wiring, project)
    try:
        return int(application.exec())
    finally:
        wiring.close()
        sys.excepthook = before


class _Teller:
    """Says a defect in the message bar."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tell(self, error: BaseException) -> None:
        """Only what is an Exception can be told."""
        if isinstance(error, Exception):
            self._session.message.emit(message_of(error))


def _show(window: MainWindow, settings: Settings) -> None:
    """Where it stood last; a narrow window begins without its panel."""
    put_in_place(window, settings.text("window_place"))
    window.workspace.fold_for(window.width())
    window.actions_["full_screen"].setChecked(window.isFullScreen())
    window.show()


def _begin(wiring: Wiring, project: Path | None) -> None:
    opens = None if project is None else _Opening(wiring, project)
    if wiring.session.settings.reader:
        if opens is not None:
            opens.open()
        return
    wiring.tastes.ask_reader(None if opens is None else opens.open)


class _Opening:
    """Opens a project once it is known who reads."""

    def __init__(self, wiring: Wiring, project: Path) -> None:
        self._wiring, self._project = wiring, project

    def open(self) -> None:
        """Now."""
        self._wiring.project.open(self._project)
