"""The flash: after undo and redo, the changed pixels light up for a moment, so that the eye finds them."""

from __future__ import annotations

from typing import ClassVar, Final

from PySide6.QtCore import QEasingCurve, QObject, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.ui.canvas.surface import Surface

FLASH_MS: Final = 700
MARGIN_PX: Final = 6
"""Room between what changed and the frame around it, in logical pixels."""
_STRENGTH: Final = 230
_COLOUR: Final = "#FFFFFF"


class FlashLayer(QObject):
    """A frame around a rectangle of image pixels that fades by itself. It never takes the mouse."""

    stays: ClassVar[bool] = False

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._rect = EMPTY_RECT
        self._touched = QRect()
        self._clock = QVariantAnimation(self, duration=FLASH_MS, startValue=1.0, endValue=0.0)
        self._clock.setEasingCurve(QEasingCurve.Type.InQuad)
        self._clock.valueChanged.connect(self._again)
        self._clock.finished.connect(self._over)

    def flash(self, changed: Rect) -> None:
        """Light up these image pixels from now on."""
        self._clock.stop()
        self._rect = changed
        if not changed.is_empty:
            self._clock.start()
            self._canvas.update()

    @property
    def is_empty(self) -> bool:
        """True if nothing has changed a moment ago."""
        return self._rect.is_empty

    def forget(self) -> None:
        """Nothing is cached."""

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """Draw the frame as strong as it still is."""
        around = surface.view.covering(self._rect, margin=MARGIN_PX)
        self._touched = around.adjusted(-3, -3, 3, 3)
        strength = float(self._clock.currentValue() or 0.0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0), 4.0), (QColor(_COLOUR), 2.0)):
            colour.setAlpha(round(_STRENGTH * strength))
            painter.setPen(QPen(colour, width))
            painter.drawRoundedRect(QRectF(around), 6, 6)
        painter.restore()

    def _again(self, _strength: object) -> None:
        self._canvas.update(self._touched)

    def _over(self) -> None:
        self._rect = EMPTY_RECT
        self._canvas.update(self._touched)
