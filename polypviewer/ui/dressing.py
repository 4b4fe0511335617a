"""How the window is dressed: its theme and the size of its text, changed while it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from polypviewer.ui.text_size import resize_texts
from polypviewer.ui.theme import (
    LARGEST_TEXT,
    SMALLEST_TEXT,
    TEXT_STEP,
    ThemeName,
    active,
    apply_theme,
    next_theme,
    text_percent,
)

if TYPE_CHECKING:
    from polypviewer.ui.main_window import MainWindow


class Dressing(QObject):
    """Lives as long as the window."""

    theme_changed = Signal(str)
    text_changed = Signal(int)  # percent

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that change clothes."""
        return {
            "switch_theme": self._next_theme,
            "larger_text": partial(self._step_text, TEXT_STEP),
            "smaller_text": partial(self._step_text, -TEXT_STEP),
            "normal_text": partial(self.use_text, 100),
        }

    def use_theme(self, name: ThemeName) -> None:
        """Dark, light or high contrast."""
        self._dress(name, text_percent())
        # Another style sheet gives each widget back the font that it was made with.
        resize_texts(self._window, before=text_percent())
        self.theme_changed.emit(name)

    def use_text(self, percent: int) -> None:
        """Text of another size, in percent of the usual; held within what the theme allows."""
        before, wanted = text_percent(), min(max(percent, SMALLEST_TEXT), LARGEST_TEXT)
        if wanted != before:
            self._dress(active().name, wanted)
            resize_texts(self._window, before=before)
            self._window.workspace.show_layout(self._window.layout_now)
            self._window.stage.place()
            self.text_changed.emit(wanted)

    def _dress(self, name: ThemeName, percent: int) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, name, percent=percent)
        self._window.actions_.retint()
        self._window.train.restyle()
        self._window.stage.empty.restyle()

    def _next_theme(self) -> None:
        self.use_theme(next_theme(active().name))

    def _step_text(self, step: int) -> None:
        self.use_text(text_percent() + step)
