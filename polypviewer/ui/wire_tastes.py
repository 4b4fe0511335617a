"""Who reads, and what they like: name, keys, theme, opacity, brush. Kept in the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from polypviewer.session.session import Session
from polypviewer.ui.actions import Preset
from polypviewer.ui.dialogs import FirstStartDialog
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.tool_actions import kept_options, options_of
from polypviewer.ui.view_options import FILL, KEPT, ViewOptions

KEEP_MS: Final = 800


class TasteWiring(QObject):
    """Lives as long as the window."""

    reader_changed = Signal()

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._keep = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._keep.timeout.connect(self._keep_tastes)
        window.dressing.theme_changed.connect(self._theme_changed)
        window.dressing.text_changed.connect(self._text_changed)
        window.preset_changed.connect(self._preset_changed)
        window.seeing.options_changed.connect(self._tastes_changed)
        window.canvas.hand.radius_changed.connect(self._tastes_changed)
        window.canvas.hand.options_changed.connect(self._tastes_changed)
        self._take_tastes()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {"rename_reader": self.ask_reader}

    def close(self) -> None:
        """The window closes: what was changed a moment ago is kept."""
        if self._keep.isActive():
            self._keep.stop()
            self._keep_tastes()

    def ask_reader(self, then: Callable[[], None] | None = None) -> None:
        """Who is reading. The dialog is open until it is answered."""
        settings = self._session.settings
        preset = Preset(settings.text("key_preset"))
        dialog = FirstStartDialog(name=settings.reader, preset=preset, parent=self._window)
        dialog.accepted.connect(partial(self._reader_chosen, dialog, then))
        dialog.open()

    def _reader_chosen(self, dialog: FirstStartDialog, then: Callable[[], None] | None) -> None:
        choice = dialog.choice
        settings = self._session.settings
        changed = bool(settings.reader) and choice.name != settings.reader
        settings.set("reader", choice.name)
        settings.reader = choice.name
        self._window.use_preset(choice.preset)
        self._window.top.show_reader(choice.name)
        if then is not None:
            then()
        elif changed:
            self.reader_changed.emit()

    def _take_tastes(self) -> None:
        settings, window = self._session.settings, self._window
        window.canvas.hand.change_radius(settings.number("brush_radius"))
        window.canvas.hand.change_options(options_of(settings))
        switches = {field: bool(settings.get(name)) for field, name in KEPT.items()}
        window.seeing.use(replace(ViewOptions(fill=settings.number(FILL)), **switches))
        window.dressing.use_text(int(settings.number("text_percent")))
        window.top.show_reader(settings.reader)
        self._keep.stop()

    def _tastes_changed(self, _value: object) -> None:
        self._keep.start()

    def _keep_tastes(self) -> None:
        options = self._window.seeing.options
        self._session.set_setting("brush_radius", self._window.canvas.hand.radius)
        for name, value in kept_options(self._window.canvas.hand.options).items():
            self._session.set_setting(name, value)
        self._session.set_setting(FILL, options.fill)
        for field, name in KEPT.items():
            self._session.set_setting(name, getattr(options, field))

    def _theme_changed(self, name: str) -> None:
        self._session.set_setting("theme", name)

    def _text_changed(self, percent: int) -> None:
        self._session.set_setting("text_percent", percent)

    def _preset_changed(self, name: str) -> None:
        self._session.set_setting("key_preset", name)
