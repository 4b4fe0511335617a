"""The flash: after undo and redo, the changed pixels light up for a moment, so that the eye finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import QEasingCurve, QObject, QRect, QVariantAnimation
from PySide6.QtGui import QColor, QPainter

from polypviewer.core.geometry import EMPTY_RECT, Rect
from polypviewer.ui.canvas.surface import Surface
from polypviewer.ui.canvas.view import View

if TYPE_CHECKING:
    from polypviewer.ui.canvas.canvas import CanvasBase

FLASH_MS: Final = 700
MARGIN_PX: Final = 6
"""Room between what changed and the frame around it, in logical pixels."""
_LINE_PX: Final = 3
_STRENGTH: Final = 230
_COLOUR: Final = "#FFFFFF"


class FlashLayer(QObject):
    """A frame around a rectangle of image pixels that fades by itself. It never takes the mouse."""

    stays: ClassVar[bool] = False

    def __init__(self, canvas: CanvasBase) -> None:
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
            self._canvas.update(_around(changed, self._canvas.view))

    @property
    def is_empty(self) -> bool:
        """True if nothing has changed a moment ago."""
        return self._rect.is_empty

    def forget(self) -> None:
        """Nothing is cached."""

    def paint(self, painter: QPainter, surface: Surface, dirty: QRect, *, moving: bool) -> None:
        """Draw the frame as strong as it still is."""
        self._touched = _around(self._rect, surface.view)
        strength = float(self._clock.currentValue() or 0.0)
        frame = self._touched.adjusted(_LINE_PX, _LINE_PX, -_LINE_PX, -_LINE_PX)
        painter.save()
        for colour, wider in ((QColor(0, 0, 0), 1), (QColor(_COLOUR), 0)):
            colour.setAlpha(round(_STRENGTH * strength))
            for side in _sides(frame.adjusted(-wider, -wider, wider, wider), width=2 + 2 * wider):
                painter.fillRect(side, colour)
        painter.restore()

    def _again(self, _strength: object) -> None:
        self._canvas.update(self._touched)

    def _over(self) -> None:
        self._rect = EMPTY_RECT
        self._canvas.update(self._touched)


def _around(changed: Rect, view: View) -> QRect:
    """The logical pixels that the frame around image pixels may touch."""
    return view.covering(changed, margin=MARGIN_PX + _LINE_PX)


def _sides(frame: QRect, *, width: int) -> tuple[QRect, ...]:
    """The four sides of a frame as rectangles: filling them costs nothing, stroking a large smooth frame does."""
    left, top, right, bottom = frame.left(), frame.top(), frame.right() + 1, frame.bottom() + 1
    return (
        QRect(left, top, frame.width(), width),
        QRect(left, bottom - width, frame.width(), width),
        QRect(left, top + width, width, frame.height() - 2 * width),
        QRect(right - width, top + width, width, frame.height() - 2 * width),
    )
