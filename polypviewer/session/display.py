"""The display: the shown frame's pixels as the reader wants to see them. They go to the canvas and nowhere else.

Whatever is stored, exported or proposed on reads `ShownFrame.image`; what is made here is kept in this part alone.
The frame's own pixels are shown until the enhanced ones have come, and enhanced pixels are shown only over the frame
that they were made from.
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

if TYPE_CHECKING:
    from polypviewer.session.desk import Desk
    from polypviewer.session.values import ShownFrame

_KEY: Final = "display"
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
        self._rest = QTimer(desk.signals, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.remember)
        self.enhancement: Enhancement = enhancement_of(desk.settings.text("enhancement"))
        self.is_on = bool(desk.settings.get("enhanced"))

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
        self._rest.start()
        self.show_for_current()

    def switch(self, *, on: bool) -> None:
        """Show frames as they are, or as they were wanted last."""
        self.is_on = on
        self._rest.start()
        self.show_for_current()

    def show_for_current(self) -> None:
        """Make the shown frame's picture on the lane; the latest wins."""
        desk, shown = self._desk, self._desk.shown
        if shown is None or not self.is_enhanced:
            desk.lanes.shape.forget(_KEY)
            self._show(None)
            return
        if self._made is not None and self._made.source is not shown:
            self._made = None
        desk.lanes.shape.submit(enhanced, shown.image, self.enhancement, on_done=partial(self._came, shown), key=_KEY)

    def remember(self) -> None:
        """Write what is wanted to the settings; what cannot be written is asked for again at the next start."""
        self._rest.stop()
        with contextlib.suppress(SettingsError):
            self._desk.settings.set("enhancement", enhancement_text(self.enhancement))
            self._desk.settings.set("enhanced", self.is_on)

    def _came(self, source: ShownFrame, pixels: NDArray[np.uint8]) -> None:
        if self._desk.shown is source:
            pixels.flags.writeable = False
            self._show(_Made(source, pixels))

    def _show(self, made: _Made | None) -> None:
        before, self._made = self._made, made
        if before is not made:
            self._desk.signals.display_changed.emit()
