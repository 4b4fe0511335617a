"""The way over the validation frames: once for the temperature, once more with it for threshold and smallest area."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

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
Logits = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Pixels of polyp and pixels of background by their logit."""


def choose_on(
    bundle: Bundle,
    pairs: Sequence[Pair],
    *,
    on: str,
    told: Told,
    device: str = "cpu",
    flips: bool = False,
    raised: float = 1.0,
) -> Chosen:
    """Choose threshold, temperature and smallest area of a bundle on these frames; `on`: what they are called.

    `raised`: what the temperature that fits them is multiplied by, for frames that are less like those that trained.
    """
    plain = bundle_source(bundle, device=device, flips=flips)
    change, before, after = fit_temperature(*count_pixels(plain, pairs, told=told))
    temperature = bundle.temperature * change * raised
    warm = bundle_source(bundle, device=device, flips=flips, temperature=temperature)
    found = choose(sweep_over(warm, pairs, told=told), temperature=temperature, on=on, bundle=bundle.digest)
    likelihood = {"nll_before": round(before, 6), "nll_after": round(after, 6), "raised": round(raised, 4)}
    return dataclasses.replace(found, measured={**found.measured, **likelihood})


def count_pixels(source: Source, pairs: Sequence[Pair], *, told: Told = lambda _: None) -> Logits:
    """How many pixels of polyp and of background, on the network's grid, lie nearest to each of `LOGITS`."""
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
    return positive, negative


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
