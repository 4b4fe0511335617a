"""Frames judged from small arrays, for tests of metrics."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trainer.evaluation.definitions import statistics_of
from trainer.evaluation.intervals import value_of
from trainer.evaluation.judged import Judged, judge_frame
from trainer.evaluation.table import Table, table_of
from trainer.pixels.field_of_view import Box, FieldOfView
from trainer.proposing import Proposed, Rules

__all__ = ["judged", "metrics", "random_frames", "table"]

HALF = Rules((0, 0), 0.5, 0.0)


def judged(soft: ArrayLike, label: ArrayLike, key: str = "d/f", *, group: str = "", small: bool = False) -> Judged:
    """A frame whose whole is seen, cut at .5; `small`: its network's grid is that of the frame."""
    values, truth = np.asarray(soft, np.uint8), np.asarray(label, np.uint8)
    field = FieldOfView(Box(0, 0, values.shape[1], values.shape[0]), np.ones(values.shape, np.bool_), ())
    proposed = Proposed(values, values >= 128, field)
    return judge_frame(key, proposed, truth, HALF, small=values if small else None, group=group, digest="same")


def table(*frames: Judged) -> Table:
    """Columns of the frames."""
    return table_of(frames)


def metrics(*frames: Judged) -> Mapping[str, float | None]:
    """Every metric at image size."""
    columns = table_of(frames)
    return {name: value_of(one, len(columns)) for name, one in statistics_of(columns, columns.frame).items()}


def random_frames(count: int, *, side: int = 40, seed: int = 0) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """`count` pairs of uint8 probability and LabelMap: a disc, and a blurred, moved copy of it with some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    frames = []
    for _ in range(count):
        cx, cy, r = rng.integers(10, side - 10), rng.integers(10, side - 10), rng.integers(4, 9)
        label = ((x - cx) ** 2 + (y - cy) ** 2 <= r * r).astype(np.uint8)
        dx, dy = rng.integers(-3, 4, 2)
        distance = np.sqrt((x - cx - dx) ** 2 + (y - cy - dy) ** 2) - r
        soft = 255 / (1 + np.exp(distance + rng.normal(0, 0.7, distance.shape)))
        frames.append((soft.astype(np.uint8), label))
    return frames
