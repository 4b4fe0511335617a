"""Pseudo-labels: a teacher's sure pixels as labels of frames that nobody has labelled. Off unless a weight is given.

What a teacher misses everywhere, its pseudo-labels teach to miss. So frames in which it is sure of no lesion are left
out unless asked for, and pseudo-labels never judge: give them frames of training groups only, and keep their weight
below that of a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.data.augment import plain_batch
from trainer.data.frames import Frames
from trainer.distillation import Teacher
from trainer.errors import DataError
from trainer.pixels.metrics import IGNORE

SPECK = 0.001
"""Doubted pixels of less than this share of the frame are ignored and make no frame doubtful."""


@dataclass(frozen=True, slots=True)
class PseudoLabels:
    """Which of a teacher's answers count, and how much.

    `weight`: of such a frame, where a labelled one has 1; 0 turns it off. Pixels of a probability of at least `high`
    are lesion, of at most `low` background, in between ignored. `doubt`: largest share of ignored pixels among those
    that are not background; frames with more are left out. `empty`: keep frames without a lesion.
    """

    weight: float = 0.0
    high: float = 0.9
    low: float = 0.1
    doubt: float = 0.5
    empty: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.low < self.high <= 1 and 0 <= self.doubt <= 1 and self.weight >= 0):
            raise DataError(
                "pseudo.rules", f"These rules for pseudo-labels have no sense: {self}.",
                "low lies below high, both and doubt between 0 and 1, and weight is at least 0.",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PseudoCounts:
    """How many frames were asked about, kept, and left out for doubt or for having no lesion."""

    asked: int = 0
    kept: int = 0
    doubtful: int = 0
    empty: int = 0

    @property
    def share(self) -> float:
        """Kept of asked; 0 of none."""
        return self.kept / max(1, self.asked)


def pseudo_frames(
    frames: Frames, teacher: Teacher, rules: PseudoLabels, *, device: torch.device, batch: int = 16,
    told: Callable[[int], None] | None = None,
) -> tuple[Frames, PseudoCounts]:  # fmt: skip
    """Those of unlabelled `frames` that the teacher is sure enough of, with its labels and the weight of the rules.

    Labels that `frames` has are not looked at; `told` hears how many frames are done. With weight 0 the teacher is not
    asked and no frame comes back.
    """
    if not rules.weight:
        return frames.subset([]), PseudoCounts()
    kept: list[int] = []
    labels: list[NDArray[np.uint8]] = []
    doubtful = empty = 0
    for number, probability in enumerate(_answers(frames, teacher, device, batch)):
        label = pseudo_label(probability, rules)
        if doubt_of(label) > rules.doubt:
            doubtful += 1
        elif not rules.empty and not (label == 1).any():
            empty += 1
        else:
            kept.append(number)
            labels.append(label)
        if told is not None:
            told(number + 1)
    chosen = frames.subset(kept)
    drawn = np.stack(labels) if labels else chosen.labels
    weights = np.full(len(kept), rules.weight, np.float32)
    return Frames(chosen.keys, chosen.images, drawn, weights), PseudoCounts(len(frames), len(kept), doubtful, empty)


def pseudo_label(probability: NDArray[np.float32], rules: PseudoLabels) -> NDArray[np.uint8]:
    """`(h, w)` uint8 of 0 background, 1 lesion, 255 ignored, from `(h, w)` probability."""
    label = np.full(probability.shape, IGNORE, np.uint8)
    label[probability <= rules.low] = 0
    label[probability >= rules.high] = 1
    return label


def doubt_of(label: NDArray[np.uint8]) -> float:
    """Ignored pixels among those that are not background, 0..1; 0 where only specks are ignored."""
    ignored = np.count_nonzero(label == IGNORE)
    if ignored < SPECK * label.size:
        return 0.0
    return float(ignored / np.count_nonzero(label))


def _answers(frames: Frames, teacher: Teacher, device: torch.device, batch: int) -> Iterator[NDArray[np.float32]]:
    """The teacher's `(s, s)` probability of each frame, in order."""
    for start in range(0, len(frames), batch):
        pixels = torch.from_numpy(frames.images[start : start + batch]).to(device)
        image = plain_batch(pixels, torch.zeros(pixels.shape[:3], dtype=torch.uint8, device=device)).image
        yield from teacher(image)[:, 0].cpu().numpy()
