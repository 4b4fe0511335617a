"""The shortcut test: a console's inset or text painted over frames that carry none must change nothing.

The drawing is that of the augmentation (trainer/data/overlay.py), made on a square and stretched over the frame. The
inset has the green of consoles and hides no pixel of a polyp; what it hides is judged in neither picture, so that only
the cue counts. Text may run over a polyp, as it does in consoles, and every pixel is judged.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from trainer.data.chance import Chance
from trainer.data.folders import Pair, read_pair
from trainer.data.overlay import CONSOLE_COLOURS, with_insets, with_text
from trainer.data.ranges import NOTHING
from trainer.evaluation.proposals import Source
from trainer.pixels.field_of_view import find_field_of_view
from trainer.pixels.metrics import IGNORE, Counts, count, dice

SIDE: Final = 512
"""Of the square that is drawn on, in pixels."""
GREEN: Final = tuple(round(255 * part) for part in CONSOLE_COLOURS[3])
DRAWS: Final = 20
"""Insets that are tried before a frame is said to have no room for one."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Change:
    """One frame painted: `key`, `before` and `after`: Dice, None without a polyp; `alarm`s: whether it got a mask."""

    key: str
    before: float | None
    after: float | None
    alarm_before: bool
    alarm_after: bool


def painted_changes(source: Source, pairs: Sequence[Pair], paint: Paint) -> list[Change]:
    """What painting does to each frame that carries no inset; frames without room for it are left out."""
    changes = []
    for pair in pairs:
        image, label = read_pair(pair)
        if find_field_of_view(image).insets:
            continue
        painted = paint(image, label, pair.key)
        if painted is None:
            continue
        picture, known = painted
        before, after = (count(source.answer(pair, shown).proposed.mask, known) for shown in (image, picture))
        changes.append(Change(pair.key, _dice(before), _dice(after), _alarm(before), _alarm(after)))
    return changes


Paint = Callable[[Picture, Picture, str], tuple[Picture, Picture] | None]
"""Frame, LabelMap and key to the painted frame and the LabelMap to judge by; None where there is no room."""


def green_inset(image: Picture, label: Picture, key: str) -> tuple[Picture, Picture] | None:
    """An inset in a corner that hides no pixel of a polyp."""
    height, width = label.shape
    chance = _chance(key)
    ranges = dataclasses.replace(NOTHING, inset_share=1.0)
    everywhere = torch.ones((1, 1, SIDE, SIDE), dtype=torch.bool)
    for _ in range(DRAWS):
        known = everywhere.clone()
        with_insets(torch.zeros((1, 3, SIDE, SIDE)), known, everywhere, chance, ranges)
        hidden = _stretched((~known)[0, 0].numpy().astype(np.uint8), width, height) > 0
        if not (label[hidden] > 0).any():
            painted, judged = image.copy(), label.copy()
            painted[hidden], judged[hidden] = GREEN, IGNORE
            return painted, judged
    return None


def console_text(image: Picture, label: Picture, key: str) -> tuple[Picture, Picture]:
    """Two lines of white text with a dark rim: `with_text` is linear in the picture, so black and white tell it all."""
    height, width = label.shape
    drawn = [
        with_text(torch.full((1, 3, SIDE, SIDE), shade), torch.ones((1, 1, SIDE, SIDE)), _chance(key), NOTHING)
        for shade in (0.0, 1.0)
    ]
    ink, on_white = (_stretched(one[0].permute(1, 2, 0).numpy(), width, height) for one in drawn)
    mixed = image.astype(np.float32) * (on_white - ink) + 255 * ink
    return np.rint(mixed.clip(0, 255)).astype(np.uint8), label


PAINTS: Final[dict[str, Paint]] = {"inset": green_inset, "text": console_text}


def summary_of(changes: Sequence[Change]) -> dict[str, object]:
    """Frames, mean change of Dice over those with a polyp (after less before) and its size, and alarms of the rest."""
    moved = np.array([one.after - one.before for one in changes if one.before is not None and one.after is not None])
    empty = [one for one in changes if one.before is None]
    return {
        "frames_with_polyp": len(moved),
        "dice_change": round(float(moved.mean()), 5) if len(moved) else None,
        "mean_size_of_change": round(float(np.abs(moved).mean()), 5) if len(moved) else None,
        "largest_fall": round(float(-moved.min(initial=0.0)), 5) if len(moved) else None,
        "empty_frames": len(empty),
        "empty_with_proposal_before": sum(one.alarm_before for one in empty),
        "empty_with_proposal_after": sum(one.alarm_after for one in empty),
    }


def _chance(key: str) -> Chance:
    """The same drawing for the same frame."""
    seed = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=7).digest(), "big")
    return Chance(1, torch.Generator().manual_seed(seed), torch.device("cpu"))


def _stretched(square: NDArray[np.uint8] | NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(square, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _dice(counts: Counts) -> float | None:
    return dice(counts) if counts.has_polyp else None


def _alarm(counts: Counts) -> bool:
    return counts.fp > 0
