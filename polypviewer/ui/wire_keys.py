"""The keyboard: a reader's own keys, kept in the settings, and F6 from one area of the window to the next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from polypviewer.session.session import Session
from polypviewer.ui.areas import go_to_area
from polypviewer.ui.key_bindings import own_keys_of, own_keys_text
from polypviewer.ui.keys_dialog import KeysDialog
from polypviewer.ui.main_window import MainWindow


class KeyWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        window.preset_changed.connect(self._take_keys)
        self._take_keys()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {
            "change_keys": self._ask_keys,
            "next_area": partial(go_to_area, self._window, 1),
            "previous_area": partial(go_to_area, self._window, -1),
        }

    def _take_keys(self, _preset: str = "") -> None:
        """The keys of who reads: with the choice of a preset the reader may be another one."""
        self._window.actions_.use_own_keys(own_keys_of(self._session.settings.text("own_keys")))

    def _ask_keys(self) -> None:
        self._window.sheet.close_sheet()
        actions = self._window.actions_
        dialog = KeysDialog(actions.preset, actions.own_keys, parent=self._window)
        dialog.accepted.connect(partial(self._keys_chosen, dialog))
        dialog.finished.connect(self._closed)
        dialog.open()

    def _keys_chosen(self, dialog: KeysDialog) -> None:
        self._session.set_setting("own_keys", own_keys_text(dialog.own))
        self._window.actions_.use_own_keys(dialog.own)

    def _closed(self, _result: int) -> None:
        self._window.stage.take_focus()
