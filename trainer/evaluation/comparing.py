"""Two models on the same frames: paired differences of every metric, by frame and by group.

Both are resampled together, so that what makes a frame hard for both does not widen the interval.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np

from trainer import __version__
from trainer.bundle import CARD, read_bundle
from trainer.errors import DataError
from trainer.evaluation.compare_page import write_comparison_page
from trainer.evaluation.definitions import DEFINITIONS, statistics_of
from trainer.evaluation.evaluate import (
    METRICS,
    PAGE,
    Order,
    Told,
    judge_selection,
    read_report,
    require_place,
    source_of,
)
from trainer.evaluation.intervals import (
    Interval,
    difference,
    intervals_of,
    resampled_frames,
    resampled_groups,
    value_of,
)
from trainer.evaluation.report import SEED
from trainer.evaluation.selection import select
from trainer.evaluation.table import Table, read_table
from trainer.files import write_folder_whole, write_json

SCHEMA = "polyp-trainer/comparison/1"
FILE = "comparison.json"
FEWEST_FRAMES, FEWEST_GROUPS = 30, 5


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two: its columns, and what a reader calls it."""

    table: Table
    name: str
    facts: Mapping[str, object]


def compare(order: Order, one: Path, other: Path, *, told: Told) -> dict[str, object]:
    """Compare two report folders, bundles or mask folders, write the report and return it.

    Bundles and masks are judged on the frames of the order first. Raises DataError when the frames differ.
    """
    require_place(order.out, mark=FILE)
    first, second = (read_side(order, place, told=told) for place in (one, other))
    require_same_frames(first.table, second.table)
    if first.name == second.name:
        first, second = (
            dataclasses.replace(s, name=f"{s.name} ({p.name})") for s, p in ((first, one), (second, other))
        )
    values = comparison_of(first, second, on=order.on or _on(order, one))

    def fill(folder: Path) -> None:
        write_json(folder / FILE, values)
        write_comparison_page(folder / PAGE, values)

    write_folder_whole(order.out, fill)
    return values


def read_side(order: Order, place: Path, *, told: Told) -> Side:
    """A report folder as it stands, or a bundle or a folder of masks judged now."""
    if (place / METRICS).is_file():
        facts = cast("Mapping[str, object]", read_report(place).get("model", {}))
        return Side(read_table(place), _name(facts, place), facts)
    if not order.data:
        raise DataError(
            "compare.what", f"{place} is no report folder.", "Judge it first, or give --data to judge bundles or masks."
        )
    bundle = read_bundle(place) if (place / CARD).is_file() else None
    sought = dataclasses.replace(order, model=None, masks=place)
    selection = select(order.data, listed=order.listed, sides=order.sides, side=order.side)
    source = source_of(sought, bundle, selection.pairs, None)
    judged, _ = judge_selection(
        source, selection.pairs, by=order.by, told=lambda what, done: told(f"{what} {place.name}", done)
    )
    return Side(judged.table, _name(source.facts, place), source.facts)


def require_same_frames(one: Table, other: Table) -> None:
    """Raises DataError unless both judged the same frames with the same truth, in the same order."""
    only = sorted(set(one.keys.tolist()) ^ set(other.keys.tolist()))
    if only:
        raise DataError(
            "compare.frames", f"{len(only)} frames were judged by one of the two alone, such as '{only[0]}'.",
            "Judge both on the same frames.",
        )  # fmt: skip
    changed = [str(key) for key, same in zip(one.keys, _same(one, other), strict=True) if not same]
    if changed:
        raise DataError(
            "compare.truth", f"Image or mask of {len(changed)} frames changed between the two, such as '{changed[0]}'.",
            "Judge both on the same files.",
        )  # fmt: skip


def comparison_of(one: Side, other: Side, *, on: str, seed: int = SEED) -> dict[str, object]:
    """The differences of every metric that both can tell, at image size, as JSON values."""
    first, second = (statistics_of(side.table, side.table.frame) for side in (one, other))
    shared = {name: difference(first[name], second[name]) for name in first if name in second}
    groups = one.table.groups.tolist()
    frames, count = len(one.table), len(set(groups))
    by_frame: dict[str, Interval | None] = dict.fromkeys(shared)
    by_group: dict[str, Interval | None] = dict.fromkeys(shared)
    if frames > 1:
        by_frame = intervals_of(shared, resampled_frames(frames, seed=seed))
    if count > 1:
        by_group = intervals_of(shared, resampled_groups(groups, seed=seed))
    enough = frames >= FEWEST_FRAMES and count >= FEWEST_GROUPS
    rows = {
        name: {
            "a": value_of(first[name], frames),
            "b": value_of(second[name], frames),
            "difference": value_of(statistic, frames),
            "interval": by_frame[name],
            "interval_by_group": by_group[name],
            "shown": shown(by_group[name], better=DEFINITIONS[name].better, enough=enough),
        }
        for name, statistic in shared.items()
        if value_of(statistic, frames) is not None
    }
    return {
        "schema": SCHEMA,
        "version": __version__,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "on": on,
        "a": {**one.facts, "name": one.name},
        "b": {**other.facts, "name": other.name},
        "frames": frames,
        "groups": count,
        "rule": f"shown where the 95 % interval by group leaves 0 out; with fewer than {FEWEST_FRAMES} frames or "
        f"{FEWEST_GROUPS} groups there is not enough evidence",
        "differences": rows,
    }


def shown(interval: Interval | None, *, better: str, enough: bool) -> str:
    """What an interval of `b - a` shows: B or A is better, no difference shown, or not enough evidence."""
    if not enough or interval is None:
        return "not enough evidence"
    low, high = interval if better == "higher" else (-interval[1], -interval[0])
    if low > 0:
        return "B is better"
    return "A is better" if high < 0 else "no difference shown"


def _same(one: Table, other: Table) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((one.keys == other.keys) & (one.digests == other.digests), np.bool_)


def _name(facts: Mapping[str, object], place: Path) -> str:
    return f"{facts.get('name', '')} {facts.get('version', '')}".strip() or place.name


def _on(order: Order, place: Path) -> str:
    return ", ".join(order.data) if order.data else str(read_report(place).get("on", place.name))
