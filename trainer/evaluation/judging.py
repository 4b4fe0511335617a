"""Every frame of a selection to columns: proposals one after the other, so that their time is true, then the counting.

Some frames are held at once, never all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.duplicates import perceptual_hash
from trainer.data.folders import Pair, read_pair
from trainer.evaluation.judged import Judged, judge_frame
from trainer.evaluation.proposals import Answer, Source
from trainer.evaluation.selection import frame_digest
from trainer.evaluation.table import Table, table_of

AT_ONCE = 8
"""Frames held in memory: at 4K some 60 MB each."""
WORKERS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What came of it: the columns, and the perceptual hash `(n, 64)` of each frame."""

    table: Table
    hashes: NDArray[np.uint8]


def judge_pairs(source: Source, pairs: Sequence[Pair], *, told: Callable[[int], None]) -> Judgement:
    """Judge the frames with a source of proposals; each is a group of its own until somebody says more."""

    def judged(work: tuple[Pair, NDArray[np.uint8], NDArray[np.uint8], Answer]) -> tuple[Judged, NDArray[np.uint8]]:
        pair, image, label, answer = work
        frame = judge_frame(
            pair.key, answer.proposed, label, source.rules, small=answer.levels, milliseconds=answer.milliseconds,
            digest=frame_digest(pair),
        )  # fmt: skip
        return frame, perceptual_hash(image, answer.proposed.field)

    frames: list[tuple[Judged, NDArray[np.uint8]]] = []
    with ThreadPoolExecutor(WORKERS) as workers:
        for first in range(0, len(pairs), AT_ONCE):
            some = [(pair, *read_pair(pair)) for pair in pairs[first : first + AT_ONCE]]
            answered = [(pair, image, label, source.answer(pair, image)) for pair, image, label in some]
            frames += workers.map(judged, answered)
            told(len(frames))
    return Judgement(table_of([frame for frame, _ in frames], graded=source.graded), np.stack([h for _, h in frames]))
