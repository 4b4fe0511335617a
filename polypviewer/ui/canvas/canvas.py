"""The canvas widget: the picture, a table of layers over it, and a brush cursor. It never knows a session."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import LabelMap
from polypviewer.core.screen_pixels import ScreenPicture, ShownAt
from polypviewer.ui.canvas.hand import Hand
from polypviewer.ui.canvas.layers import Layer, MaskRow, ProposalRow, blit
from polypviewer.ui.canvas.outline import Outline, ProposalLayer
from polypviewer.ui.canvas.overlay import OverlayLayer, OverlayStyle
from polypviewer.ui.canvas.picture import PictureLayer
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.tool import Tool
from polypviewer.ui.canvas.tools import make_tools
from polypviewer.ui.canvas.view import View, fitted, kept_inside
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active

STILL_AFTER_MS: Final = 90
_SETTLES_ON: Final = (QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange)
PIECE_S: Final = 0.004
"""How long the finer picture is worked on before the window looks for events again."""
ROOM: Final = (68, 52, 16, 16)
"""Left, top, right and bottom margins of a fitted picture: rail and options bar float there."""


class CanvasBase(QWidget):
    """What is shown and how it lies; the hand is added by `Canvas`."""

    view_changed = Signal(float)  # device pixels for one image pixel
    cursor_moved = Signal(object)  # Point in image coordinates, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAccessibleName(translate("Picture"))
        self.hand = Hand(self)
        self.tools = make_tools(self.hand, self)
        self.tool: Tool = self.tools["pan"]
        self._picture, self._overlay, self._proposal = PictureLayer(), OverlayLayer(), ProposalLayer()
        self._masks = MaskRow(self._overlay)
        self._lines = ProposalRow(self._proposal)
        self._layers: dict[str, Layer] = {"masks": self._masks, "proposal": self._lines}
        self._view = View(1.0, 0.0, 0.0)
        self._size: tuple[int, int] | None = None
        self._fits = True
        self._moving = False
        self._hidden = False
        self._peeking = False
        self._mouse: QPointF | None = None
        self._still = QTimer(self, singleShot=True, interval=STILL_AFTER_MS)
        self._still.timeout.connect(self._prepare)
        self._pieces = QTimer(self, singleShot=True, interval=0)
        self._pieces.timeout.connect(self._prepare)
        self.hand.radius_changed.connect(self._radius_changed)

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def has_frame(self) -> bool:
        """True while a frame is shown."""
        return self._size is not None

    @property
    def view(self) -> View:
        """How the picture lies now."""
        return self._view

    @property
    def zoom(self) -> float:
        """Device pixels for one image pixel."""
        return self._view.scale * self.devicePixelRatioF()

    @property
    def style_of_masks(self) -> OverlayStyle:
        """Opacity and outline mode."""
        return self._overlay.style

    @property
    def shown_at(self) -> ShownAt:
        """How large frames are shown, for who prepares them."""
        room = self._room()
        scale = None if self._fits else self._view.scale
        return ShownAt((room.width(), room.height()), self.devicePixelRatioF(), scale)

    def prepare_frame(self, prepared: ScreenPicture | None) -> None:
        """What a lane has made of the frame that is shown next."""
        self._picture.prepare(prepared)

    def show_frame(self, pixels: NDArray[np.uint8] | None, label_map: LabelMap | None) -> None:
        """Show `(height, width, 3)` uint8 RGB and its label map; zoom and pan stay between frames of equal size."""
        size = None if pixels is None else (pixels.shape[0], pixels.shape[1])
        self._picture.set_pixels(pixels)
        self._overlay.set_label_map(label_map)
        self._proposal.set_outlines(())
        changed = size != self._size
        self._size = size
        if changed:
            self.fit()
        self._settle()

    def show_proposal(self, outlines: Sequence[Outline]) -> None:
        """Draw these outlines, `(n, 2)` float32 of x and y in image coordinates, as the proposal: soon, in pieces."""
        self._proposal.set_outlines(outlines)
        if not self._moving:  # else they come with the next move, or when the hand rests
            self._pieces.start()

    def refresh_pixels(self, changed: Rect) -> None:
        """The label map was painted inside `changed`: draw just that again."""
        touched = self._overlay.refresh(changed)
        if not touched.isEmpty():
            self.update(touched)

    def set_style_of_masks(self, style: OverlayStyle) -> None:
        """Opacity and outline mode from now on."""
        self._overlay.set_style(style)
        self.update()

    def set_hidden(self, hidden: bool) -> None:  # noqa: FBT001 - slot of a checkable action
        """Hide or show masks and proposal."""
        self._hidden = hidden
        self.update()

    def set_peeking(self, peeking: bool) -> None:  # noqa: FBT001 - slot of a held key
        """Look under the mask while a key is held."""
        if peeking != self._peeking:
            self._peeking = peeking
            self.update()

    @property
    def shows_masks(self) -> bool:
        """False while hidden or peeking."""
        return not (self._hidden or self._peeking)

    def add_layer(self, name: str, layer: Layer, *, over: str = "proposal") -> None:
        """Draw one more layer, just over the layer `over` ("": under all). The table is in drawing order."""
        table = dict(self._layers)
        self._layers.clear()
        if not over:
            self._layers[name] = layer
        for known, row in table.items():
            self._layers[known] = row
            if known == over:
                self._layers[name] = layer

    # --- how it lies --------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """The whole picture as large as it goes."""
        self._fits = True
        self._set_view(self._fitted())

    def one_to_one(self) -> None:
        """One image pixel on one device pixel, around the middle of what is shown."""
        self.set_view(self.lying_one_to_one())

    def zoom_by(self, factor: float, *, at: QPointF | None = None) -> None:
        """Zoom at a widget position, or at the middle."""
        self.set_view(self.zoomed(self._view, factor, at=at))

    def lying_one_to_one(self) -> View:
        """How the picture lies with one image pixel on one device pixel."""
        scale = 1.0 / self.devicePixelRatioF()
        return self._view.zoomed(scale / self._view.scale, at=self._room().center())

    def zoomed(self, view: View, factor: float, *, at: QPointF | None = None) -> View:
        """A view zoomed about a widget position, or the middle; the picture stays half as large as it fits, or 1:1."""
        least = min(self._fitted().scale / 2, 1.0 / self.devicePixelRatioF(), view.scale)
        return view.zoomed(max(factor, least / view.scale), at=self._room().center() if at is None else at)

    def set_view(self, view: View) -> None:
        """The hand has moved the picture."""
        if self._size is not None:
            self._fits = False
            height, width = self._size
            self._set_view(kept_inside(view, height=height, width=width, room=QRectF(self.rect())))

    def _set_view(self, view: View) -> None:
        if view == self._view:
            return
        self._view = view
        self._moving = True
        self._pieces.stop()
        self._still.start()
        self.view_changed.emit(self.zoom)
        self.update()

    def _prepare(self) -> None:
        """Make what will be seen in pieces, so that the next move of the hand is not late; then show it."""
        surface, rows, end = self._surface(), (self._masks, self._lines), time.perf_counter() + PIECE_S
        is_ready = (
            self._picture.refine_some(surface, QColor(active().canvas), within_s=PIECE_S)
            and self._masks.prepare(surface, within_s=end - time.perf_counter())
            and self._lines.prepare(surface, within_s=end - time.perf_counter())
        )
        if not is_ready:
            self._pieces.start()
            return
        if self._moving:
            self._moving = False
            for layer in self._layers.values():
                if layer not in rows:
                    layer.forget()
        self.update()

    def _settle(self) -> None:
        self._still.stop()
        self._pieces.stop()
        self._moving = False
        self._picture.forget()
        for layer in self._layers.values():
            layer.forget()
        self.update()

    def _fitted(self) -> View:
        if self._size is None:
            return self._view
        height, width = self._size
        return fitted(height=height, width=width, room=self._room())

    def _room(self) -> QRectF:
        left, top, right, bottom = ROOM
        return QRectF(self.rect()).adjusted(left, top, -right, -bottom)

    def _surface(self) -> Surface:
        return Surface(self.width(), self.height(), self.devicePixelRatioF(), self._view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fits and self._size is not None:
            self._view = self._fitted()
            self.view_changed.emit(self.zoom)
        self._settle()
        super().resizeEvent(event)

    def event(self, event: QEvent) -> bool:
        if type(event) is QEvent and event.type() in _SETTLES_ON:  # mouse and paint events are of classes of their own
            self._settle()
            self.view_changed.emit(self.zoom)
        return super().event(event)

    # --- painting -----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:  # a painter that is left active ends the process at the next paint
            self._paint_all(painter, event.rect())
        finally:
            painter.end()

    def _paint_all(self, painter: QPainter, dirty: QRect) -> None:
        background, surface = QColor(active().canvas), self._surface()
        if self._size is None:
            painter.fillRect(dirty, background)
        elif self._moving:
            self._picture.draw_nearest(painter, surface, background)
            self._paint_over(painter, surface, dirty)
        else:
            blit(painter, self._picture.refine(surface, background), surface, dirty)
            self._paint_over(painter, surface, dirty)
        self.paint_hand(painter)

    def paint_hand(self, painter: QPainter) -> None:
        """The cursor, over everything."""

    def _paint_over(self, painter: QPainter, surface: Surface, dirty: QRect) -> None:
        for layer in self._layers.values():
            if not layer.is_empty and (layer.stays or self.shows_masks):
                layer.paint(painter, surface, dirty, moving=self._moving)

    def _radius_changed(self) -> None:
        self.update()
