"""The way over the validation frames: once for the temperature, once more with it for threshold and smallest area."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from trainer.bundle import Bundle
from trainer.data.folders import Pair, read_pair
from trainer.evaluation.choosing import (
    AREAS,
    LOGITS,
    THRESHOLDS,
    Chosen,
    Validation,
    choose,
    count_logits,
    fit_temperature,
)
from trainer.evaluation.judged import label_on_grid
from trainer.evaluation.lesions import Sweep, numbered_lesions, sweep_thresholds
from trainer.evaluation.proposals import Source, bundle_source, logit
from trainer.pixels.metrics import IGNORE

Told = Callable[[int], None]


def choose_on(
    bundle: Bundle, pairs: Sequence[Pair], *, on: str, told: Told, device: str = "cpu", flips: bool = False
) -> Chosen:
    """Choose threshold, temperature and smallest area of a bundle on these frames; `on`: what they are called."""
    plain = bundle_source(bundle, device=device, flips=flips)
    change, before, after = temperature_on(plain, pairs, told=told)
    temperature = bundle.temperature * change
    warm = bundle_source(bundle, device=device, flips=flips, temperature=temperature)
    found = choose(sweep_over(warm, pairs, told=told), temperature=temperature, on=on, bundle=bundle.digest)
    likelihood = {"nll_before": round(before, 6), "nll_after": round(after, 6)}
    return dataclasses.replace(found, measured={**found.measured, **likelihood})


def temperature_on(source: Source, pairs: Sequence[Pair], *, told: Told) -> tuple[float, float, float]:
    """The change of temperature that fits best, and the likelihood before and after."""
    positive, negative = np.zeros(len(LOGITS), np.int64), np.zeros(len(LOGITS), np.int64)
    for number, pair in enumerate(pairs):
        image, label = read_pair(pair)
        answer = source.answer(pair, image)
        if answer.small is None:
            raise TypeError("masks of another program have no logits")
        height, width = answer.small.shape
        small = label_on_grid(label, answer.proposed.field, size=(height, width))
        logits = logit(answer.small)
        positive += count_logits(logits[(small > 0) & (small != IGNORE)])
        negative += count_logits(logits[small == 0])
        told(number + 1)
    return fit_temperature(positive, negative)


def sweep_over(source: Source, pairs: Sequence[Pair], *, told: Told) -> Validation:
    """Every frame at every threshold and smallest area."""
    sweeps: list[Sweep] = []
    positive, lesions = [], []
    for number, pair in enumerate(pairs):
        image, label = read_pair(pair)
        proposed = source.answer(pair, image).proposed
        seen = max(1, int(np.count_nonzero(proposed.field.seen())))
        sweeps.append(sweep_thresholds(proposed.soft, label, thresholds=THRESHOLDS, areas=AREAS, field_area=seen))
        positive.append(int(np.count_nonzero((label > 0) & (label != IGNORE))))
        lesions.append(int(numbered_lesions(label).max(initial=0)))
        told(number + 1)
    return Validation(sweeps, np.array(positive, np.int64), np.array(lesions, np.int64))
