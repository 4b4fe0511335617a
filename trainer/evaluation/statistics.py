"""Numbers of a weighted set of frames: one way for the value, its intervals and the difference of two models.

A statistic takes weights `(b, n)` (how often each of `n` frames counts, in `b` resamples) and gives `(b,)` values; NaN
where the frames cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights = NDArray[np.float64]
Values = NDArray[np.float64]
Statistic = Callable[[Weights], Values]
BINS = 15


def averaged(values: ArrayLike) -> Statistic:
    """Mean of one value a frame; frames with NaN do not count."""
    column = np.asarray(values, np.float64)
    counts = np.isfinite(column)
    filled = np.where(counts, column, 0.0)
    return ratio(filled, counts)


def ratio(parts: ArrayLike, wholes: ArrayLike) -> Statistic:
    """Sum of `parts` over sum of `wholes`, both `(n,)`."""
    both = np.stack([np.asarray(parts, np.float64), np.asarray(wholes, np.float64)], axis=1)
    return from_sums(both, lambda sums: _divide(sums[:, 0], sums[:, 1]))


def from_sums(columns: ArrayLike, formula: Callable[[Values], Values]) -> Statistic:
    """`formula` of the sums `(b, k)` of `columns` `(n, k)`."""
    summed = np.asarray(columns, np.float64)
    return lambda weights: formula(weights @ summed)


def over_batches(parts: ArrayLike, wholes: ArrayLike, *, size: int) -> Statistic:
    """Mean over consecutive batches of `size` frames of sum of `parts` over sum of `wholes`."""
    part, whole = np.asarray(parts, np.float64), np.asarray(wholes, np.float64)
    starts = np.arange(0, len(part), size)

    def statistic(weights: Weights) -> Values:
        above = np.add.reduceat(weights * part, starts, axis=1)
        below = np.add.reduceat(weights * whole, starts, axis=1)
        counted = below > 0
        shares = np.where(counted, above / np.where(counted, below, 1.0), 0.0)
        return _divide(shares.sum(axis=1), counted.sum(axis=1).astype(np.float64))

    return statistic


def area_under_roc(positive: ArrayLike, negative: ArrayLike) -> Statistic:
    """Area under the ROC curve by trapezoids over the levels of histograms `(n, levels)`."""

    def formula(sums: Values) -> Values:
        hits, alarms = _from_above(sums)
        area = ((hits[:, 1:] + hits[:, :-1]) / 2 * np.diff(alarms, axis=1)).sum(axis=1)
        return _divide(area, hits[:, -1] * alarms[:, -1])

    return from_sums(np.concatenate([positive, negative], axis=1), formula)


def average_precision(positive: ArrayLike, negative: ArrayLike) -> Statistic:
    """Sum over levels, from the highest, of precision times the recall that is gained there."""

    def formula(sums: Values) -> Values:
        hits, alarms = _from_above(sums)
        claimed = hits[:, 1:] + alarms[:, 1:]
        precision = hits[:, 1:] / np.where(claimed > 0, claimed, 1.0)
        return _divide((precision * np.diff(hits, axis=1)).sum(axis=1), hits[:, -1])

    return from_sums(np.concatenate([positive, negative], axis=1), formula)


def calibration_error(positive: ArrayLike, negative: ArrayLike, *, bins: int = BINS) -> Statistic:
    """Mean over bins, by their size, of |share of polyp - mean probability|; histograms `(n, 256)` of uint8 levels."""
    claimed, true, all_of = reliability_columns(np.asarray(positive), np.asarray(negative), bins=bins)

    def formula(sums: Values) -> Values:
        said, was, whole = np.split(sums, 3, axis=1)
        return _divide(np.abs(said - was).sum(axis=1), whole.sum(axis=1))

    return from_sums(np.concatenate([claimed, true, all_of], axis=1), formula)


def reliability_columns(
    positive: NDArray[np.number], negative: NDArray[np.number], *, bins: int = BINS
) -> tuple[Values, Values, Values]:
    """`(n, bins)` each: sum of probability, number of polyp pixels, number of pixels; bin `i` holds `i/bins <= p`."""
    levels = np.arange(256) / 255
    which = np.minimum((levels * bins).astype(int), bins - 1)
    into = (which[:, np.newaxis] == np.arange(bins)).astype(np.float64)
    true = positive.astype(np.float64)
    both = true + negative.astype(np.float64)
    return (both * levels) @ into, true @ into, both @ into


def _from_above(sums: Values) -> tuple[Values, Values]:
    """Cumulated positives and negatives from the highest level down, `(b, levels + 1)`, beginning with 0."""
    positive, negative = np.split(sums, 2, axis=1)
    zero = np.zeros((len(sums), 1))
    return (
        np.concatenate([zero, positive[:, ::-1].cumsum(axis=1)], axis=1),
        np.concatenate([zero, negative[:, ::-1].cumsum(axis=1)], axis=1),
    )


def _divide(parts: Values, wholes: Values) -> Values:
    return np.where(wholes > 0, parts / np.where(wholes > 0, wholes, 1.0), np.nan)
