"""The hold-out of a job: judged at frame size before and after, exactly as the application will propose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from trainer.gate import Compared
from trainer.job import Item, JobFrame
from trainer.models.network import Network
from trainer.pixels.metrics import IGNORE, Counts, count, dice, iou, per_image_dice, per_image_iou
from trainer.proposing import Rules, propose

FOUND = 0.1
"""Share of a lesion's pixels that a proposal must cover to have found it."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One held-out frame as a network sees it."""

    item: Item
    counts: Counts
    lesions: int
    found: int


@torch.inference_mode()
def judge_held_out(
    network: Network, frames: Sequence[JobFrame], rules: Rules, *, temperature: float, device: torch.device
) -> list[HeldOut]:
    """Judge every frame; the network is left in evaluation mode."""
    network.eval()

    def probability(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        pixels = torch.from_numpy(image).to(device).permute(2, 0, 1)[None].float() / 127.5 - 1
        logits = network(pixels.contiguous(memory_format=torch.channels_last)).float()
        return np.asarray(torch.sigmoid(logits / temperature)[0, 0].cpu().numpy(), np.float32)

    judged = []
    for frame in frames:
        mask = propose(frame.image, probability, rules, field=frame.field).mask
        lesions = lesions_of(frame.label)
        found = sum(bool(np.count_nonzero(mask & lesion) >= FOUND * np.count_nonzero(lesion)) for lesion in lesions)
        judged.append(HeldOut(frame.item, count(mask, frame.label), len(lesions), found))
    return judged


def lesions_of(label: NDArray[np.uint8]) -> list[NDArray[np.bool_]]:
    """Masks of the lesions of a LabelMap: one a slot; where all share one slot, one a component."""
    slots = [int(slot) for slot in np.unique(label) if 0 < slot < IGNORE]
    if len(slots) != 1:
        return [label == slot for slot in slots]
    number, parts = cv2.connectedComponents((label == slots[0]).astype(np.uint8), connectivity=8)
    return [parts == part for part in range(1, number)]


def summary(judged: Sequence[HeldOut]) -> dict[str, object]:
    """`holdout_dice`, `holdout_iou` (None without a frame that holds a polyp) and `per_frame` rows of an event."""
    counts = [frame.counts for frame in judged]
    polyp = any(value.has_polyp for value in counts)
    return {
        "holdout_dice": round(per_image_dice(counts), 5) if polyp else None,
        "holdout_iou": round(per_image_iou(counts), 5) if polyp else None,
        "per_frame": [_row(frame) for frame in judged],
    }


def compare(before: Sequence[HeldOut], after: Sequence[HeldOut]) -> list[Compared]:
    """The frames of the gate, paired."""
    return [
        Compared(
            str(old.item.exam), old.item.name, _dice(old.counts), _dice(new.counts), old.lesions, old.found, new.found,
            not old.counts.has_polyp and old.counts.fp > 0, not new.counts.has_polyp and new.counts.fp > 0,
        )
        for old, new in zip(before, after, strict=True)
    ]  # fmt: skip


def _row(frame: HeldOut) -> dict[str, object]:
    polyp = frame.counts.has_polyp
    return {
        "frame": frame.item.name,
        "exam": frame.item.exam,
        "dice": round(dice(frame.counts), 5) if polyp else None,
        "iou": round(iou(frame.counts), 5) if polyp else None,
        "false_proposal": None if polyp else frame.counts.fp > 0,
    }


def _dice(counts: Counts) -> float | None:
    return dice(counts) if counts.has_polyp else None
