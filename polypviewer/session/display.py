"""The display: the shown frame's pixels as the reader wants to see them. They go to the canvas and nowhere else.

Whatever is stored, exported or proposed on reads `ShownFrame.image`; what is made here is kept in this part alone, and
is shown only over the frame that it was made from. What tables can do takes a few milliseconds and is done at once, so
that a video does not flicker; the rest follows the frame's own pixels from the `shape` lane.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer

from polypviewer.core.enhance import Enhancement, enhanced, enhancement_of, enhancement_text
from polypviewer.core.errors import SettingsError
from polypviewer.session.latest import Latest

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.settings import Settings
    from polypviewer.session.values import ShownFrame

AT_ONCE_PIXELS: Final = 2_200_000
"""Up to this size of a frame tables are quick enough for the window's thread (1080p: 3 ms)."""
REST_MS: Final = 400
"""A slider that has rested so long has its value written to the settings."""


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """Enhanced pixels and the frame that they were made from."""

    source: ShownFrame
    pixels: NDArray[np.uint8]


class Display:
    """The window's side: what is wanted, and the newest picture of the shown frame."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._made: _Made | None = None
        self._latest: Latest[_Made] = Latest(desk.lanes.shape, self._came, failed=desk.say_error)
        self._rest = QTimer(desk.signals, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.remember)
        self._reader = desk.settings.reader
        self.enhancement, self.is_on = _remembered(desk.settings)

    @property
    def displayed(self) -> NDArray[np.uint8] | None:
        """What to show, `(height, width, 3)` uint8 RGB, read-only; None without a frame."""
        shown = self._desk.shown
        if shown is None:
            return None
        return self._made.pixels if self._made is not None and self._made.source is shown else shown.image

    @property
    def is_enhanced(self) -> bool:
        """True if the picture is shown otherwise than it is stored, or is about to be."""
        return self.is_on and not self.enhancement.is_identity

    def use(self, enhancement: Enhancement) -> None:
        """Show frames so from now on; the identity switches it off."""
        self.enhancement, self.is_on = enhancement.within(), not enhancement.is_identity
        self._wanted()

    def switch(self, *, on: bool) -> None:
        """Show frames as they are, or as they were wanted last."""
        self.is_on = on
        self._wanted()

    def show_for_current(self) -> None:
        """Another frame is shown: from here on `displayed` is its picture. Tells nothing: `frame_changed` does."""
        self._made = None
        self._latest.forget()
        self._make()

    def take_reader(self) -> None:
        """Another reader wants what the settings say of them."""
        if self._reader != self._desk.settings.reader:
            self._reader = self._desk.settings.reader
            self.enhancement, self.is_on = _remembered(self._desk.settings)

    def remember(self) -> None:
        """Write what is wanted to the settings, if it has changed. It is a taste: a full disk loses it in silence."""
        self._rest.stop()
        settings = self._desk.settings
        if _remembered(settings) != (self.enhancement, self.is_on):
            with contextlib.suppress(SettingsError):
                settings.set("enhancement", enhancement_text(self.enhancement))
                settings.set("enhanced", self.is_on)

    def _wanted(self) -> None:
        self._rest.start()
        if self._make():
            self._desk.signals.display_changed.emit()

    def _make(self) -> bool:
        """True if `displayed` is as wanted already; otherwise the lane is asked."""
        shown = self._desk.shown
        if shown is None or not self.is_enhanced:
            self._latest.forget()
            self._made = None
            return True
        height, width, _ = shown.image.shape
        work = partial(_made, shown, self.enhancement)
        if self.enhancement.is_quick and height * width <= AT_ONCE_PIXELS:
            self._latest.forget()
            self._made = work()
            return True
        self._latest.ask(work)
        return False

    def _came(self, made: _Made) -> None:
        if self._desk.shown is made.source:
            self._made = made
            self._desk.signals.display_changed.emit()


def _remembered(settings: Settings) -> tuple[Enhancement, bool]:
    return enhancement_of(settings.text("enhancement")), bool(settings.get("enhanced"))


def _made(source: ShownFrame, enhancement: Enhancement) -> _Made:
    pixels = enhanced(source.image, enhancement)
    pixels.flags.writeable = False
    return _Made(source, pixels)
