"""Line icons: SVG with strokes of 1.7 px on a grid of 20, tinted in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from polypviewer.ui.theme import active

ICON_PX: Final = 20
_INK: Final = "#000000"
_SCALES: Final = (1, 2, 3)


def icon(name: str, *, checked_colour: str | None = None) -> QIcon:
    """The icon of `resources/icons/<name>.svg` in the text colour of the theme that is on.

    `checked_colour` is that of the state "on". Raises FileNotFoundError for a name without a drawing.
    """
    tokens = active()
    made = QIcon()
    for state, colour in ((QIcon.State.Off, tokens.text), (QIcon.State.On, checked_colour or tokens.text)):
        for scale in _SCALES:
            made.addPixmap(_pixmap(name, colour, scale), QIcon.Mode.Normal, state)
            made.addPixmap(_pixmap(name, tokens.quiet, scale), QIcon.Mode.Disabled, state)
    return made


def application_icon() -> QIcon:
    """The icon of the window."""
    renderer = QSvgRenderer(QByteArray(_source("app")))
    pixmap = QPixmap(QSize(128, 128))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    return QIcon(pixmap)


def pixmap(name: str, colour: str, *, side: int = ICON_PX, ratio: float = 1.0) -> QPixmap:
    """One drawing at `side` logical pixels for a screen of `ratio` device pixels each."""
    drawn = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    renderer = QSvgRenderer(QByteArray(_source(name).replace(_INK.encode(), colour.encode())))
    renderer.render(painter, QRectF(0, 0, drawn.width(), drawn.height()))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, scale: int) -> QPixmap:
    return pixmap(name, colour, ratio=float(scale))


@lru_cache(maxsize=128)
def _source(name: str) -> bytes:
    return (files("resources") / "icons" / f"{name}.svg").read_bytes()
