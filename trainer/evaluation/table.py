"""All frames of a judgement as columns: what every metric, interval and comparison is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError
from trainer.evaluation.judged import Judged, OnGrid

FILE = "frames.npz"
TP, FP, FN, TN = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """`n` frames on one grid: `counts` `(n, 4)` of TP, FP, FN, TN; four histograms `(n, 256)`; the rest `(n,)`."""

    counts: NDArray[np.int64]
    positive: NDArray[np.uint32]
    negative: NDArray[np.uint32]
    near_positive: NDArray[np.uint32]
    near_negative: NDArray[np.uint32]
    nsd: NDArray[np.float64]
    hd95: NDArray[np.float64]
    missed: NDArray[np.bool_]

    @property
    def polyp(self) -> NDArray[np.bool_]:
        """`(n,)`: which frames hold a polyp."""
        return np.asarray(self.counts[:, TP] + self.counts[:, FN] > 0)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`n` frames. `graded`: whether probabilities are known, or only masks of two values.

    `sweep_found`, `sweep_alarms`: `(n, thresholds)`; the others are `(n,)`. `network` is None where the grid of the
    network is not known.
    """

    keys: NDArray[np.str_]
    groups: NDArray[np.str_]
    digests: NDArray[np.str_]
    area: NDArray[np.float64]
    presence: NDArray[np.float64]
    confidence: NDArray[np.float64]
    lesions: NDArray[np.int64]
    found: NDArray[np.int64]
    alarms: NDArray[np.int64]
    sweep_found: NDArray[np.int64]
    sweep_alarms: NDArray[np.int64]
    milliseconds: NDArray[np.float64]
    graded: NDArray[np.bool_]
    frame: Grid
    network: Grid | None

    def __len__(self) -> int:
        return len(self.keys)

    def subset(self, chosen: NDArray[np.intp]) -> Table:
        """Some of the frames, in the order given."""
        columns = {name: getattr(self, name)[chosen] for name in _plain_names()}
        return Table(**columns, graded=self.graded, frame=_pick(self.frame, chosen), network=_picked(self, chosen))


def table_of(frames: Sequence[Judged], *, graded: bool = True) -> Table:
    """The columns of judged frames, in their order."""
    grids = [frame.network for frame in frames if frame.network is not None]
    return Table(
        np.array([frame.key for frame in frames], np.str_),
        np.array([frame.group or frame.key for frame in frames], np.str_),
        np.array([frame.digest for frame in frames], np.str_),
        np.array([frame.area for frame in frames], np.float64),
        np.array([frame.presence for frame in frames], np.float64),
        np.array([frame.confidence for frame in frames], np.float64),
        np.array([frame.lesions for frame in frames], np.int64),
        np.array([frame.found for frame in frames], np.int64),
        np.array([frame.alarms for frame in frames], np.int64),
        np.stack([frame.sweep.found[:, 0] for frame in frames]),
        np.stack([frame.sweep.alarms[:, 0] for frame in frames]),
        np.array([frame.milliseconds for frame in frames], np.float64),
        np.array(graded),
        _grid([frame.frame for frame in frames]),
        _grid(grids) if len(grids) == len(frames) else None,
    )


def write_table(table: Table, path: Path) -> None:
    """Write a table as a compressed NPZ."""
    columns = {name: getattr(table, name) for name in (*_plain_names(), "graded")}
    for side in ("frame", "network"):
        grid = getattr(table, side)
        if grid is not None:
            columns |= {f"{side}.{item.name}": getattr(grid, item.name) for item in fields(Grid)}
    with path.open("wb") as file:
        np.savez_compressed(file, **columns)


def read_table(folder: Path) -> Table:
    """The table of a report folder; raises DataError when there is none or it cannot be read."""
    path = folder / FILE
    try:
        with np.load(path, allow_pickle=False) as stored:
            columns = {name: stored[name] for name in stored.files}
        grids = {side: _stored_grid(columns, side) for side in ("frame", "network")}
        frame = grids["frame"]
        if frame is None:
            raise KeyError("frame")
        plain = {name: columns[name] for name in (*_plain_names(), "graded")}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(
            "report.broken", f"{folder} is no report folder of `evaluate`: {path.name} is missing or damaged.",
            "Judge the model again.",
        ) from error  # fmt: skip
    return Table(**plain, frame=frame, network=grids["network"])


def _plain_names() -> list[str]:
    return [item.name for item in fields(Table) if item.name not in {"frame", "network", "graded"}]


def _grid(grids: Sequence[OnGrid]) -> Grid:
    return Grid(
        np.array([(g.counts.tp, g.counts.fp, g.counts.fn, g.counts.tn) for g in grids], np.int64),
        np.stack([grid.positive for grid in grids]),
        np.stack([grid.negative for grid in grids]),
        np.stack([grid.near_positive for grid in grids]),
        np.stack([grid.near_negative for grid in grids]),
        np.array([grid.surface.nsd for grid in grids], np.float64),
        np.array([grid.surface.hd95 for grid in grids], np.float64),
        np.array([grid.surface.missed for grid in grids], np.bool_),
    )


def _pick(grid: Grid, chosen: NDArray[np.intp]) -> Grid:
    return Grid(*(getattr(grid, item.name)[chosen] for item in fields(Grid)))


def _picked(table: Table, chosen: NDArray[np.intp]) -> Grid | None:
    return None if table.network is None else _pick(table.network, chosen)


def _stored_grid(columns: dict[str, NDArray[np.generic]], side: str) -> Grid | None:
    if f"{side}.counts" not in columns:
        return None
    return Grid(**{item.name: columns[f"{side}.{item.name}"] for item in fields(Grid)})  # type: ignore[arg-type]
