"""Layers over the picture: what each of them can do, and how a cached one comes to the screen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from polypviewer.ui.canvas.outline import ProposalLayer
from polypviewer.ui.canvas.overlay import OverlayLayer
from polypviewer.ui.canvas.surface import Surface


class Layer(Protocol):
    """One thing that is drawn over the picture. `stays`: it is there while masks are hidden too."""

    stays: ClassVar[bool]

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to draw."""

    def forget(self) -> None:
        """The view has changed: what was drawn for it is not right any more."""

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """Draw at least the logical pixels `dirty`; `moving`: the view changes again at once, be quick."""


class CachedLayer(ABC):
    """Drawn once for a view, then copied; while the view moves the last drawing goes along, or it is drawn directly.

    `is_slight`: quicker drawn than cached the first time, as for each new frame; the second paint of a view caches it.
    """

    stays: ClassVar[bool] = False
    goes_along: ClassVar[bool] = False
    is_slight: ClassVar[bool] = False

    def __init__(self) -> None:
        self._cache: QImage | None = None
        self._surface: Surface | None = None
        self._drawn_for: Surface | None = None

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """True if there is nothing to draw."""

    @abstractmethod
    def draw(self, painter: QPainter, surface: Surface) -> None:
        """Draw the whole layer in logical pixels."""

    def forget(self) -> None:
        """The view, or what is shown, has changed."""
        self._surface = self._drawn_for = None

    def render(self, surface: Surface) -> QImage:
        """The layer on the whole surface, premultiplied; made once for a view."""
        if self._cache is None or self._surface != surface:
            if self._cache is None or self._cache.size() != surface.device_size:
                self._cache = surface.blank(QImage.Format.Format_ARGB32_Premultiplied)
            self._cache.setDevicePixelRatio(surface.ratio)
            self._cache.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._cache)
            self.draw(painter, surface)
            painter.end()
            self._surface = surface
        return self._cache

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """From the cache; while the view moves, what is quick."""
        if moving and self.goes_along and self._cache is not None and self._surface is not None:
            painter.drawImage(moved(self._surface, surface), self._cache)
        elif moving or (self.is_slight and surface not in (self._drawn_for, self._surface)):
            self.draw(painter, surface)
            self._drawn_for = surface
        else:
            blit(painter, self.render(surface), surface, dirty)


class MaskRow:
    """The masks in the table of layers."""

    stays: ClassVar[bool] = False

    def __init__(self, overlay: OverlayLayer) -> None:
        self._overlay = overlay
        self.is_replaced = False
        """True while another layer shows the same pixels in its own colours."""

    @property
    def is_empty(self) -> bool:
        """True if another layer stands in for the masks."""
        return self.is_replaced

    def forget(self) -> None:
        """The view has changed."""
        self._overlay.forget()

    def prepare(self, surface: Surface, *, within_s: float) -> bool:
        """Draw for a view before it is shown, for about so many seconds; True when it is there."""
        return self.is_replaced or self._overlay.render_some(surface, within_s=within_s)

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """The cached overlay; while the view moves, the last drawing where it lies now."""
        drawn = self._overlay.drawn if moving else None
        if drawn is None:
            image = self._overlay.render(surface)
            blit(painter, image, surface, dirty, content=self._overlay.content)
        else:
            image, before = drawn
            _draw_moved(painter, image, self._overlay.content, before=before, now=surface)


class ProposalRow:
    """The proposal in the table of layers."""

    stays: ClassVar[bool] = False

    def __init__(self, proposal: ProposalLayer) -> None:
        self._proposal = proposal

    @property
    def is_empty(self) -> bool:
        """True if nothing is proposed."""
        return self._proposal.is_empty

    def forget(self) -> None:
        """The view has changed."""
        self._proposal.forget()

    def prepare(self, surface: Surface, *, within_s: float) -> bool:
        """Draw for a view before it is shown, for about so many seconds; True when it is there."""
        return self._proposal.is_empty or self._proposal.render_some(surface, within_s=within_s)

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """The cached lines; while the view moves, the last drawing where it lies now, or else drawn directly."""
        drawn = self._proposal.drawn if moving else None
        if drawn is not None:
            image, before = drawn
            _draw_moved(painter, image, self._proposal.content, before=before, now=surface)
        elif moving:
            self._proposal.draw(painter, surface, finely=False)
        else:
            image = self._proposal.render(surface)
            blit(painter, image, surface, dirty, content=self._proposal.content)


def blit(painter: QPainter, image: QImage, surface: Surface, dirty: QRect, *, content: QRect | None = None) -> None:
    """Copy the device pixels under logical `dirty` as they are, at any ratio: nothing is sampled again.

    `content`: the device pixels outside which the image is empty.
    """
    place = surface.to_device(dirty)
    if content is not None:
        place = place.intersected(content)
    if place.isEmpty():
        return
    if surface.ratio == 1.0:  # most displays, and each step of a stroke comes here for each layer
        painter.drawImage(place.topLeft(), image, place)
        return
    painter.save()
    painter.scale(1 / surface.ratio, 1 / surface.ratio)
    painter.drawImage(QRectF(place), image, QRectF(place))
    painter.restore()


def _draw_moved(painter: QPainter, image: QImage, content: QRect, *, before: Surface, now: Surface) -> None:
    """Draw the device pixels `content` of a drawing made for one view where they lie in another."""
    change, ratio = now.view.scale / before.view.scale, before.ratio
    whole = moved(before, now)
    left, top = whole.left() + content.left() / ratio * change, whole.top() + content.top() / ratio * change
    target = QRectF(left, top, content.width() / ratio * change, content.height() / ratio * change)
    painter.drawImage(target, image, QRectF(content))


def moved(before: Surface, now: Surface) -> QRectF:
    """Where a drawing made for one view lies in another, in logical pixels."""
    change = now.view.scale / before.view.scale
    left, top = now.view.left - before.view.left * change, now.view.top - before.view.top * change
    return QRectF(left, top, before.width * change, before.height * change)
