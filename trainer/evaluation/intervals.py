"""Bootstrap intervals: by frame, by group, and of the difference of two models on the same frames.

Percentile bootstrap (Efron 1979). Frames of one group are alike, so intervals by frame are too narrow wherever
groups are larger than one; intervals by group resample whole groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.evaluation.statistics import Statistic, Weights

BOOTSTRAPS = 2000
_AT_ONCE = 200

Interval = tuple[float, float]


def resampled_frames(frames: int, *, seed: int, times: int = BOOTSTRAPS) -> Iterator[Weights]:
    """Weights `(b, frames)` of resamples with replacement, some at a time."""
    yield from resampled_groups([str(number) for number in range(frames)], seed=seed, times=times)


def resampled_groups(groups: Sequence[str], *, seed: int, times: int = BOOTSTRAPS) -> Iterator[Weights]:
    """Weights `(b, n)` of resamples of whole groups with replacement, some at a time. `groups`: one a frame."""
    rng = np.random.default_rng(seed)
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    count = int(member.max()) + 1
    for first in range(0, times, _AT_ONCE):
        size = min(_AT_ONCE, times - first)
        drawn = rng.integers(0, count, (size, count)) + np.arange(size)[:, np.newaxis] * count
        often = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        yield often[:, member].astype(np.float64)


def value_of(statistic: Statistic, frames: int) -> float | None:
    """The statistic of all frames, each once; None where they cannot tell."""
    return _number(statistic(np.ones((1, frames)))[0])


def intervals_of(statistics: Mapping[str, Statistic], weights: Iterator[Weights]) -> dict[str, Interval | None]:
    """95 % of each statistic over the resamples; None where most resamples cannot tell."""
    rows: dict[str, list[NDArray[np.float64]]] = {name: [] for name in statistics}
    for some in weights:
        for name, statistic in statistics.items():
            rows[name].append(statistic(some))
    return {name: interval_of(np.concatenate(values)) for name, values in rows.items()}


def interval_of(values: NDArray[np.float64]) -> Interval | None:
    """2.5 and 97.5 % of the values that are numbers; None when fewer than half are."""
    told = values[np.isfinite(values)]
    if len(told) < max(2, len(values) / 2):
        return None
    low, high = np.percentile(told, [2.5, 97.5])
    return round(float(low), 5), round(float(high), 5)


def difference(one: Statistic, other: Statistic) -> Statistic:
    """What `other` has more than `one`, in the same resample."""
    return lambda weights: other(weights) - one(weights)


def _number(value: np.float64) -> float | None:
    return round(float(value), 5) if np.isfinite(value) else None
