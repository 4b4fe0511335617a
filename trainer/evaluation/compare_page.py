"""`report.html` of a comparison: one row a metric, with a whisker for its difference."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import cast

from trainer.evaluation.page import row, table, whole_page
from trainer.evaluation.wording import SECTIONS, figure, span

Values = Mapping[str, object]
WIDTH, HEIGHT = 190, 22


def write_comparison_page(path: Path, values: Values) -> None:
    """Write the page."""
    first, second = (str(cast("Values", values[side])["name"]) for side in ("a", "b"))
    differences = cast("Mapping[str, Values]", values["differences"])
    rows: list[str] = []
    for section, titles in SECTIONS.items():
        told = [_row(name, title, differences[name]) for name, title in titles.items() if name in differences]
        rows += [f'<tr class="part"><td colspan="7">{escape(section)}</td></tr>', *told] if told else []
    head = ("metric", "A", "B", "B − A", "95 % by frame", "95 % by group", "")
    who = "".join(f"<dt>{side.upper()}</dt><dd>{_who(cast('Values', values[side]))}</dd>" for side in ("a", "b"))
    parts = [
        f"<h1>{escape(second)} against {escape(first)}</h1>",
        f'<p class="quiet">{values["frames"]} frames of {escape(str(values["on"]))} in {values["groups"]} groups; both '
        "models on the same frames, resampled together. For research.</p>",
        f"<dl>{who}<dt>Rule</dt><dd>{escape(str(values['rule']))}</dd></dl>",
        table(head, rows),
        '<p class="quiet small">The whisker is the 95 % interval by group (by frame where there are no groups), scaled '
        "row by row; the thin line is no difference. Many metrics are tested at once: decide beforehand which one "
        "counts.</p>",
    ]
    path.write_text(whole_page(f"{second} against {first}", parts), "utf-8")


def whisker(difference: float, interval: tuple[float, float]) -> str:
    """A small SVG: interval and difference around 0, on a scale of its own."""
    reach = max(abs(interval[0]), abs(interval[1]), abs(difference), 1e-9) * 1.1
    low, middle, high = (WIDTH / 2 * (1 + value / reach) for value in (interval[0], difference, interval[1]))
    centre = HEIGHT / 2
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true"><path class="zero" d="M{WIDTH / 2} 2V{HEIGHT - 2}"/>'
        f'<path class="whisker" d="M{low:.1f} {centre}H{high:.1f}"/>'
        f'<circle class="dot c1" cx="{middle:.1f}" cy="{centre}" r="4"/></svg>'
    )


def _row(name: str, title: str, told: Values) -> str:
    spread = told["interval_by_group"] or told["interval"]
    drawn = ""
    if isinstance(spread, list | tuple) and isinstance(told["difference"], float | int):
        drawn = whisker(told["difference"], (float(spread[0]), float(spread[1])))
    verdict = str(told["shown"])
    style = {"B is better": "better", "A is better": "worse"}.get(verdict, "quiet")
    gain = told["difference"]
    text = f"{gain:+.4f}" if isinstance(gain, int | float) else "–"
    cells = (
        f'{escape(title)}<br><span class="{style} small">{verdict}</span>', figure(name, told["a"]),
        figure(name, told["b"]), text, span(name, told["interval"]), span(name, told["interval_by_group"]), drawn,
    )  # fmt: skip
    return row(cells)


def _who(facts: Values) -> str:
    digest = f", {facts['digest']}" if "digest" in facts else ""
    flips = ", mean of four mirror images" if facts.get("test_time_flips") else ""
    return escape(f"{facts['name']}, threshold {facts.get('threshold', '–')}{flips}{digest}")
