"""Small charts as SVG text: lines, dots and bars on two axes. Colours come from the page (classes `c0`..`c3`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

WIDTH, HEIGHT = 360, 290
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 12, 44

Kind = Literal["line", "dots", "both", "bars"]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """Points with a name; `bars` reach from `x` to `x + width`. `colour`: 0..3."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    kind: Kind = "line"
    colour: int = 0
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `diagonal`: a thin line from corner to corner, for chance or for perfect calibration.

    `marks`: points that are named on the chart, as (x, y, text).
    """

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    x_range: Range = (0.0, 1.0)
    y_range: Range = (0.0, 1.0)
    diagonal: bool = False
    marks: Sequence[tuple[float, float, str]] = ()


def draw(chart: Chart) -> str:
    """The chart as one `<svg>` element."""
    parts = [_axes(chart)]
    if chart.diagonal:
        (x0, x1), (y0, y1) = chart.x_range, chart.y_range
        parts.append(f'<path class="chance" d="M{_x(chart, x0)} {_y(chart, y0)}L{_x(chart, x1)} {_y(chart, y1)}"/>')
    parts += [_series(chart, series) for series in chart.series]
    parts += [_mark(chart, *mark) for mark in chart.marks]
    label = escape(f"{chart.title}: {chart.y_label} against {chart.x_label}")
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about so many."""
    span = high - low
    if span <= 0:
        return [low]
    magnitude = 10.0 ** _floor_log10(span / about)
    step = next((m * magnitude for m in (1, 2, 2.5, 5) if span / (m * magnitude) <= about), 10 * magnitude)
    first = int(-(-low // step))
    found = []
    while first * step <= high + 1e-9 * span:
        found.append(round(first * step, 10))
        first += 1
    return found


def upper(values: Sequence[float]) -> float:
    """A round number at or above the largest value, for the end of an axis."""
    largest = max([*values, 1e-9])
    step = 10.0 ** _floor_log10(largest)
    return next(m * step for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * step >= largest * 0.9999)


def number(value: float) -> str:
    """A number as short as an axis wants it."""
    if abs(value) >= 1000:
        return f"{value / 1000:g}k"
    return f"{value:.3g}"


def _floor_log10(value: float) -> int:
    exponent = 0
    while 10.0 ** (exponent + 1) <= value:
        exponent += 1
    while 10.0**exponent > value:
        exponent -= 1
    return exponent


def _axes(chart: Chart) -> str:
    parts = []
    for value in ticks(*chart.y_range):
        y = _y(chart, value)
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{number(value)}</text>')
    for value in ticks(*chart.x_range):
        x = _x(chart, value)
        at = f'x="{x}" y="{HEIGHT - BOTTOM + 16}"'
        parts.append(f'<path class="nick" d="M{x} {HEIGHT - BOTTOM}v4"/>')
        parts.append(f'<text class="tick" {at} text-anchor="middle">{number(value)}</text>')
    middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    parts.append(
        f'<text class="label" x="{middle_x}" y="{HEIGHT - 8}" text-anchor="middle">{escape(chart.x_label)}</text>'
        f'<text class="label" transform="translate(12 {middle_y}) rotate(-90)" text-anchor="middle">'
        f"{escape(chart.y_label)}</text>"
    )
    return "".join(parts)


def _series(chart: Chart, series: Series) -> str:
    if series.kind == "bars":
        return "".join(_bar(chart, series, x, y) for x, y in zip(series.x, series.y, strict=True) if y > 0)
    points = [(_x(chart, x), _y(chart, y)) for x, y in zip(series.x, series.y, strict=True)]
    drawn = ""
    if series.kind in ("line", "both") and points:
        path = "L".join(f"{x} {y}" for x, y in points)
        drawn += f'<path class="line c{series.colour}" d="M{path}"/>'
    if series.kind in ("dots", "both"):
        texts = (f"{number(x)}, {number(y)}" for x, y in zip(series.x, series.y, strict=True))
        drawn += "".join(
            f'<circle class="dot c{series.colour}" cx="{x}" cy="{y}" r="3.5">'
            f"<title>{escape(series.name)}: {text}</title></circle>"
            for (x, y), text in zip(points, texts, strict=True)
        )
    return drawn


def _bar(chart: Chart, series: Series, x: float, y: float) -> str:
    left, right, top = _x(chart, x), _x(chart, x + series.width), _y(chart, y)
    size = f'width="{max(1.0, right - left - 2):.1f}" height="{HEIGHT - BOTTOM - top:.1f}"'
    text = f"{number(x)} to {number(x + series.width)}: {number(y)}"
    return f'<rect class="bar c{series.colour}" x="{left + 1:.1f}" y="{top}" {size} rx="2"><title>{text}</title></rect>'


def _mark(chart: Chart, x: float, y: float, text: str) -> str:
    left, top = _x(chart, x), _y(chart, y)
    before = left > WIDTH * 0.62
    at = f'x="{left - 9 if before else left + 9:.1f}" y="{top + 16:.1f}" text-anchor="{"end" if before else "start"}"'
    return f'<circle class="mark" cx="{left}" cy="{top}" r="5"/><text class="said" {at}>{escape(text)}</text>'


def _x(chart: Chart, value: float) -> float:
    return _place(value, chart.x_range, LEFT, WIDTH - RIGHT)


def _y(chart: Chart, value: float) -> float:
    return _place(value, chart.y_range, HEIGHT - BOTTOM, TOP)


def _place(value: float, span: Range, start: float, end: float) -> float:
    share = (value - span[0]) / ((span[1] - span[0]) or 1.0)
    return round(start + min(1.0, max(0.0, share)) * (end - start), 1)
