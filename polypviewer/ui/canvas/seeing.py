"""The canvas that shows more than masks: heat map, provenance, grid, crosshair, mini-map; and zoom that glides."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import LabelMap, Mask
from polypviewer.ui.canvas.canvas import CanvasBase
from polypviewer.ui.canvas.cover_layer import CoverLayer
from polypviewer.ui.canvas.crosshair import CrosshairLayer
from polypviewer.ui.canvas.glide import Glide
from polypviewer.ui.canvas.grid_layer import GridLayer
from polypviewer.ui.canvas.heat_layer import HeatLayer
from polypviewer.ui.canvas.mini_map import MiniMap
from polypviewer.ui.canvas.provenance_layer import ProvenanceLayer
from polypviewer.ui.canvas.view import View, brought_near
from polypviewer.ui.view_options import ViewOptions

SHARE: Final = 0.45
"""Of the canvas, that a part fills which is brought near."""
NEAREST: Final = 8.0
"""Logical pixels for an image pixel at most, when a part is brought near."""


class SeeingCanvas(CanvasBase):
    """Layers get their values from outside; which of them are on is one value, the `ViewOptions`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options = ViewOptions()
        self._heat, self._provenance = HeatLayer(), ProvenanceLayer()
        self._grid, self._crosshair, self._cover = GridLayer(), CrosshairLayer(), CoverLayer()
        self.add_layer("cover", self._cover, over="")
        self.add_layer("heat", self._heat, over="cover")
        self.add_layer("provenance", self._provenance, over="masks")
        self.add_layer("grid", self._grid)
        self.add_layer("crosshair", self._crosshair, over="grid")
        self.map = MiniMap(self)
        self._glide = Glide(self._glided, self)
        self.view_changed.connect(self._view_moved)
        self.cursor_moved.connect(self._crosshair_moved)
        self.map.middle_wished.connect(self.centre_on)

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def options(self) -> ViewOptions:
        """What is seen now."""
        return self._options

    def set_options(self, options: ViewOptions) -> None:
        """See this from now on."""
        if options.style != self.style_of_masks:
            self.set_style_of_masks(options.style)
        self._options = options
        self._grid.show_wanted(options.grid)
        self._crosshair.show_wanted(options.crosshair)
        self.map.show_wanted(options.mini_map)
        if options.cover != self._cover.is_wanted:
            self._cover.show_wanted(options.cover)
            self._show_map()
        self.update()

    def show_frame(self, pixels: NDArray[np.uint8] | None, label_map: LabelMap | None) -> None:
        """Show another frame; what belonged to the last one is not shown any more."""
        self._heat.show_probability(None)
        self.show_provenance(None)
        height, width = (0, 0) if pixels is None else (pixels.shape[0], pixels.shape[1])
        for layer in (self._grid, self._cover):
            layer.show_size(height=height, width=width)
        self._glide.stop()
        super().show_frame(pixels, label_map)
        self._show_map()
        self.map.show_view(self.view, self.size())

    def show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Show the same frame with other pixels, `(height, width, 3)` uint8 RGB: an enhanced view, or its own."""
        self._picture.set_pixels(pixels)
        self._show_map()
        self.update()

    def show_seen(self, seen: Mask | None) -> None:
        """What the cover leaves in sight, `(height, width)` bool; None: nothing."""
        self._cover.show_seen(seen)
        self._show_map()
        self.update()

    def _show_map(self) -> None:
        picture = self._picture.image
        self.map.show_picture(None if picture is None else self._cover.covered(picture))

    def show_probability(self, probability: NDArray[np.uint8] | None) -> None:
        """The heat map, `(height, width)` uint8; None takes it away."""
        self._heat.show_probability(probability)
        self.update()

    def show_threshold(self, threshold: float) -> None:
        """From which probability on, 0-1, the heat map is strong."""
        self._heat.show_threshold(threshold)
        self.update()

    def show_provenance(self, codes: NDArray[np.uint8] | None) -> None:
        """Codes of `core.provenance`, `(height, width)` uint8, instead of the masks; None: the masks again."""
        self._provenance.show_codes(codes)
        self._masks.is_replaced = codes is not None
        self.update()

    def refresh_provenance(self, changed: Rect) -> None:
        """The codes were changed in place inside `changed`."""
        self.update(self._provenance.refresh(changed))

    # --- how it lies --------------------------------------------------------------------------------------------

    def set_view(self, view: View) -> None:
        """The hand has moved the picture: at once, and a glide under way ends here."""
        self._glide.stop()
        super().set_view(view)

    def glide_to(self, view: View) -> None:
        """Go to a view in a moment."""
        self._fits = False
        if self.has_frame:
            self._glide.go(self.view, view)

    def glide_by(self, factor: float, *, at: QPointF | None = None) -> None:
        """Zoom about a widget position, or the middle, from where a glide under way would end."""
        begin = self._glide.goal if self._glide.is_under_way else self.view
        self.glide_to(self.zoomed(begin, factor, at=at))

    def glide_to_rect(self, rect: Rect) -> None:
        """Bring image pixels to the middle, as large as is handy; never smaller than the whole picture fits."""
        least = self._fitted().scale
        self.glide_to(brought_near(rect, share=SHARE, least=least, most=NEAREST, room=self._room()))

    def glide_to_fit(self) -> None:
        """The whole picture as large as it goes; it stays so when the window changes."""
        self._fits = True
        if self.has_frame:
            self._glide.go(self.view, self._fitted())

    def centre_on(self, point: Point) -> None:
        """Bring an image position to the middle, at once."""
        self._glide.stop()
        middle, lies = self._room().center(), self.view.to_widget(point)
        self.set_view(self.view.panned(middle.x() - lies.x(), middle.y() - lies.y()))

    def pan_by(self, across: float, down: float) -> None:
        """Move the picture by a share of the canvas."""
        self.set_view(self.view.panned(across * self.width(), down * self.height()))

    def _glided(self, view: View) -> None:
        fits = self._fits
        super().set_view(view)
        self._fits = fits

    def _view_moved(self, _zoom: float) -> None:
        self.map.show_view(self.view, self.size())

    def point_at(self, point: Point | None) -> None:
        """Put the crosshair on an image position that is looked at elsewhere; None: nowhere."""
        self._cross_at(None if point is None else self.view.to_widget(point))

    def _crosshair_moved(self, point: Point | None) -> None:
        self._cross_at(None if point is None else self._mouse)

    def _cross_at(self, position: QPointF | None) -> None:
        touched = self._crosshair.show_at(position, self.size())
        if not touched.isEmpty():
            self.update(touched)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._glide.stop()
        super().resizeEvent(event)
        self.map.show_view(self.view, self.size())
