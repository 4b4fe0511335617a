"""How much warmer a network must be on hospitals that it has never seen than on those that taught it.

A temperature that fits the choosing frames of a fold is too low for another hospital, and nothing within the fold shows
by how much: all of its hospitals taught. The network that the fold begins with does: it saw Kvasir-SEG alone, and the
other hospitals that teach the fold are new to it. What judges the fold is looked at by neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from benchmarks.folds.judging import unsure_error
from trainer.data.folders import Pair
from trainer.evaluation.choosing import LOGITS, TEMPERATURES, fit_temperature
from trainer.evaluation.intervals import value_of
from trainer.evaluation.proposals import Source
from trainer.evaluation.validating import Logits, count_pixels


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`factor`: what a temperature is to be multiplied by. `own`, `new`: temperatures at home and on new hospitals."""

    factor: float
    own: float
    new: float
    hospitals: tuple[str, ...]


def look_elsewhere(source: Source, own: Sequence[Pair], hospitals: Mapping[str, Sequence[Pair]]) -> Elsewhere:
    """How a network that was never shown `hospitals` does there; `own`: frames like those that taught it.

    At home: the temperature of least negative log-likelihood. Elsewhere: the one at which pixels that the network is
    not sure of are as often polyp as it says, in the mean over hospitals.
    """
    at_home, _, _ = fit_temperature(*count_pixels(source, own))
    away = best_temperature([count_pixels(source, pairs) for pairs in hospitals.values()])
    return Elsewhere(max(1.0, away / at_home), at_home, away, tuple(hospitals))


def best_temperature(hospitals: Sequence[Logits]) -> float:
    """The temperature of the least mean error of unsure pixels over hospitals."""
    errors = [np.mean([error_at(float(one), logits) for logits in hospitals]) for one in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(errors))])


def error_at(temperature: float, logits: Logits) -> float:
    """Calibration error, 0..1, of the pixels that are unsure at a temperature; 1 where none is."""
    levels = np.rint(255 * expit(LOGITS / temperature)).astype(np.intp)
    positive, negative = (np.bincount(levels, weights=side, minlength=256)[np.newaxis] for side in logits)
    error = value_of(unsure_error(positive, negative), 1)
    return 1.0 if error is None else error
