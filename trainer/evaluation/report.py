"""The report as JSON values (`polyp-trainer/report/2`, docs/evaluation.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np

from trainer import __version__
from trainer.evaluation.choosing import Chosen
from trainer.evaluation.curves import curves_of, strata_of
from trainer.evaluation.definitions import BATCH, DEFINITIONS, statistics_of
from trainer.evaluation.grouping import Grouping
from trainer.evaluation.intervals import (
    BOOTSTRAPS,
    Interval,
    intervals_of,
    resampled_frames,
    resampled_groups,
    value_of,
)
from trainer.evaluation.leaks import Near
from trainer.evaluation.selection import Selection
from trainer.evaluation.table import Grid, Table

SCHEMA = "polyp-trainer/report/2"
SEED = 0
NAMED = 50
"""Leaks that a report lists by name; their number is always told."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """`inside`: near-duplicates among the judged frames. `training`: judged frames that a training nearly repeats.

    `compared`: training frames looked at; None where no training was named. `learned`: judged frames that the run's
    own list of training or validation frames names.
    """

    inside: Sequence[Near]
    training: Sequence[Near]
    compared: int | None
    learned: Sequence[str]


def report_of(
    table: Table, *, facts: Mapping[str, object], selection: Selection, grouping: Grouping, leaks: Leaks,
    chosen: Chosen | None, choosers: Sequence[str], on: str,
) -> dict[str, object]:  # fmt: skip
    """Everything that a judgement tells, ready for JSON. `choosers`: judged frames that helped to choose."""
    keys = [str(key) for key in table.keys]
    polyp = table.frame.polyp
    return {
        "schema": SCHEMA,
        "version": __version__,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "model": dict(facts),
        "on": on,
        "frames": len(table),
        "frames_with_polyp": int(polyp.sum()),
        "lesions": int(table.lesions.sum()),
        "protocol": {
            "chosen_frames": selection.words,
            "dropped": [asdict(dropped) for dropped in selection.dropped],
            "groups": grouping.told(keys),
            "intervals": f"95 % percentile bootstrap, {BOOTSTRAPS} resamples, seed {SEED}; by frame and by group",
            "empty_frames": "count only as false proposals, never as a Dice of 1",
            "soft_batch": BATCH,
        },
        "metrics": metrics_of(table),
        "hd95_misses": int(table.frame.missed.sum()),
        "confusion": {name: _confusion(grid) for name, grid in grids_of(table).items()},
        "strata": strata_of(table, seed=SEED),
        "curves": curves_of(table),
        "milliseconds": latency_of(table),
        "leaks": _leak_values(leaks),
        "chosen": None if chosen is None else {**asdict(chosen), "by_judged_frames": len(choosers)},
        "patient_safe": grouping.words(keys),
    }


def grids_of(table: Table) -> dict[str, Grid]:
    """The grids by name: `frame`, the image's own size, and `network` where it is known."""
    return {"frame": table.frame} if table.network is None else {"frame": table.frame, "network": table.network}


def metrics_of(table: Table, *, seed: int = SEED) -> dict[str, dict[str, object]]:
    """Every metric by name: value and both intervals at image size, the same on the network's grid, and what it is."""
    told = {name: _measured(table, grid, seed=seed) for name, grid in grids_of(table).items()}
    none = {"value": None, "interval": None, "interval_by_group": None}
    return {
        name: {
            **told["frame"].get(name, none),
            "at_network_size": told.get("network", {}).get(name),
            "is": definition.text,
            "better": definition.better,
        }
        for name, definition in DEFINITIONS.items()
    }


def _measured(table: Table, grid: Grid, *, seed: int) -> dict[str, dict[str, object]]:
    statistics = statistics_of(table, grid)
    by_frame: dict[str, Interval | None] = dict.fromkeys(statistics)
    by_group: dict[str, Interval | None] = dict.fromkeys(statistics)
    if len(table) > 1:
        by_frame = intervals_of(statistics, resampled_frames(len(table), seed=seed))
    if len(np.unique(table.groups)) > 1:
        by_group = intervals_of(statistics, resampled_groups(table.groups.tolist(), seed=seed))
    return {
        name: _row(value_of(statistic, len(table)), by_frame[name], by_group[name])
        for name, statistic in statistics.items()
    }


def _row(value: float | None, by_frame: Interval | None, by_group: Interval | None) -> dict[str, object]:
    if value is None:
        return {"value": None, "interval": None, "interval_by_group": None}
    return {"value": value, "interval": by_frame, "interval_by_group": by_group}


def latency_of(table: Table) -> dict[str, float] | None:
    """Milliseconds from pixels to mask; None for masks that another program made."""
    told = table.milliseconds[np.isfinite(table.milliseconds)]
    if not len(told):
        return None
    low, high = np.percentile(told, [50, 95])
    return {"p50": round(float(low), 1), "p95": round(float(high), 1)}


def _confusion(grid: Grid) -> dict[str, int]:
    return dict(zip(("tp", "fp", "fn", "tn"), (int(total) for total in grid.counts.sum(axis=0)), strict=True))


def _leak_values(leaks: Leaks) -> dict[str, object]:
    return {
        "near_duplicates_inside": len(leaks.inside),
        "inside": [asdict(near) for near in leaks.inside[:NAMED]],
        "training_frames_compared": leaks.compared,
        "near_duplicates_of_training": len(leaks.training) if leaks.compared is not None else None,
        "training": [asdict(near) for near in leaks.training[:NAMED]],
        "judged_frames_in_the_run": list(leaks.learned[:NAMED]),
    }
