"""The cover for screenshots and shared screens: both canvases, the badge, the strip."""

from __future__ import annotations

from PySide6.QtCore import QObject

from polypviewer.core.identity import FrameRef
from polypviewer.session.session import Session
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.view_options import ViewOptions


class CoverWiring(QObject):
    """Lives as long as the window. Nothing of it is kept: the next start begins uncovered."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._covers = window.seeing.options.cover
        session.frame_changed.connect(self._field_changed)
        session.field_changed.connect(self._field_changed)
        window.seeing.options_changed.connect(self._options_changed)

    def _field_changed(self, _ref: FrameRef) -> None:
        if self._covers:
            self._show()

    def _options_changed(self, options: ViewOptions) -> None:
        if options.cover != self._covers:
            self._covers = options.cover
            self._window.workspace.strip.strip.hide_pictures(hidden=options.cover)
            self._show()

    def _show(self) -> None:
        stage, field = self._window.stage, self._session.field
        seen = None if field is None or not self._covers else field.mask
        for canvas in (stage.canvas, stage.compare.canvas):
            canvas.show_seen(seen)
        finds = field is None or not bool(field.mask.all())
        stage.view_bar.show_covered(on=self._covers, finds=finds)
        stage.place_soon()
