"""Live curves of a training. pyqtgraph is loaded when the first curve is shown, not before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtGui import QColor, QFont, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from polypviewer.session.values import DicePoint, LossPoint
from polypviewer.ui.text import translate
from polypviewer.ui.theme import active, text_font

LINE_PX: Final = 1.8


class CurvePlot(QWidget):
    """One plot with named curves over steps."""

    def __init__(self, names: Sequence[str], *, top: float | None, name: str) -> None:
        super().__init__()
        self._names, self._top = tuple(names), top
        self.setAccessibleName(name)
        self._plot: Any = None
        self._curves: dict[str, Any] = {}
        self._base: Any = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    def show_curves(
        self, curves: dict[str, tuple[Sequence[float], Sequence[float]]], *, base: float | None = None
    ) -> None:
        """Steps and values of each curve; `base` is a dashed line to compare with."""
        if self._plot is None:
            self._build()
        for name, (steps, values) in curves.items():
            self._curves[name].setData(list(steps), list(values))
        self._base.setVisible(base is not None)
        if base is not None:
            self._base.setValue(base)

    def values_of(self, name: str) -> list[float]:
        """What a curve shows now."""
        if self._plot is None:
            return []
        _, values = self._curves[name].getData()
        return [] if values is None else [float(value) for value in values]

    def restyle(self) -> None:
        """The theme has changed."""
        if self._plot is None:
            return
        colours = (active().bright, active().proposed)
        self._plot.setBackground(QColor(active().panel))
        for name, colour in zip(self._names, colours, strict=False):
            self._curves[name].setPen(_pen(colour))
        self._base.setPen(_pen(active().warning, dashed=True))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(_pen(active().line, width=1.0))
            axis.setTextPen(QColor(active().quiet))
            axis.setStyle(tickFont=_tick_font(), tickLength=0)

    def _build(self) -> None:
        import pyqtgraph

        self._plot = pyqtgraph.PlotWidget()
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.showGrid(x=False, y=True, alpha=0.25)
        self._plot.setAntialiasing(True)
        if self._top is not None:
            self._plot.setYRange(0, self._top, padding=0.02)
        for name in self._names:
            self._curves[name] = self._plot.plot([], [])
        self._base = pyqtgraph.InfiniteLine(angle=0, movable=False)
        self._plot.addItem(self._base)
        layout = self.layout()
        if layout is not None:
            layout.addWidget(self._plot)
        self.restyle()


def dice_curves(points: Sequence[DicePoint]) -> dict[str, tuple[list[float], list[float]]]:
    """The two Dice curves, each without the steps where it has no value."""
    train = [(float(p.step), p.train) for p in points if p.train is not None]
    held = [(float(p.step), p.holdout) for p in points if p.holdout is not None]
    return {
        "train": ([s for s, _ in train], [v for _, v in train]),
        "holdout": ([s for s, _ in held], [v for _, v in held]),
    }


def loss_curve(points: Sequence[LossPoint]) -> dict[str, tuple[list[float], list[float]]]:
    """The loss over steps."""
    return {"loss": ([float(p.step) for p in points], [p.loss for p in points])}


def legend_texts() -> tuple[str, str]:
    """Names of the Dice curves for people."""
    return translate("training Dice"), translate("held-out Dice")


def _pen(colour: str, *, width: float = LINE_PX, dashed: bool = False) -> QPen:
    pen = QPen(QColor(colour))
    pen.setWidthF(width)
    pen.setCosmetic(True)
    if dashed:
        pen.setDashPattern([4, 4])
    return pen


def _tick_font() -> QFont:
    return text_font(pixels=11)
