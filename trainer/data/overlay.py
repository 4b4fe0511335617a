"""False insets and false console text, painted over frames so that a network does not learn from the real ones."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from trainer.data.chance import Chance
from trainer.data.ranges import Augmentation

SMALLEST_INSET, LARGEST_INSET = 0.12, 0.38
"""Sides of an inset as shares of the frame: those of the position pictures that consoles paint."""
CONSOLE_COLOURS = (
    (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.02, 0.55, 0.25), (0.05, 0.3, 0.6), (0.3, 0.3, 0.3),
)  # fmt: skip
"""RGB in 0..1. Black thrice: what our own blanking leaves of an inset is black."""
SCRIPT = (
    "12/05/2009  14:32:07", "Cr:N Eh:A3 Ce:0", "Name:", "ID: 0471-22", "Sex: F  Age: 61", "D.O.B. 03/11/1948",
    "Comment: cecum", "Physician: K.", "SCV --- 7", "CVP: A2/3", "Gain: 6   Mode: AUTO", "REC 00:12:44",
    "Zoom x1.2", "WB  Iris", "PHOTO 17", "Scope: 1034-A",
)  # fmt: skip
ROWS, COLUMNS = 24, 288


def with_insets(image: Tensor, known: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> None:
    """Paint insets into `image` `(n, 3, s, s)` in 0..1 where it is `seen`, in place.

    What they hide is taken out of `known`; all masks are `(n, 1, s, s)` bool.
    """
    chosen = chance.chosen(ranges.inset_share)
    if chosen is None:
        return
    here = chance.of(len(chosen))
    hidden = _corners(here, image.shape[-1])
    colour = torch.tensor(CONSOLE_COLOURS)[here.numbers(len(CONSOLE_COLOURS))].to(image.device, non_blocking=True)
    image[chosen] = torch.where(hidden & seen[chosen], colour[:, :, None, None], image[chosen])
    known[chosen] = known[chosen] & ~hidden


def _corners(chance: Chance, side: int) -> Tensor:
    """`(m, 1, side, side)` bool: a rectangle in one corner of each frame, the lower left as often as all others."""
    width, height = (chance.between(SMALLEST_INSET, LARGEST_INSET)[:, None] for _ in range(2))
    margin_x, margin_y = (chance.between(0, 0.08)[:, None] for _ in range(2))
    places = ((torch.arange(side, device=chance.device) + 0.5) / side)[None, :]
    from_left = torch.where(chance.happens(0.7)[:, None], places, 1 - places)
    from_bottom = torch.where(chance.happens(0.7)[:, None], 1 - places, places)
    columns = (from_left >= margin_x) & (from_left < margin_x + width)
    rows = (from_bottom >= margin_y) & (from_bottom < margin_y + height)
    return (rows[:, :, None] & columns[:, None, :]).unsqueeze(1)


def with_text(image: Tensor, seen: Tensor, chance: Chance, ranges: Augmentation) -> Tensor:
    """Two lines of white text with a dark rim; an effect of `wear.worn`."""
    for _ in range(2):
        ink = _written(chance, image.shape[-1])
        image = image * (1 - ink[:, 1:]) + ink[:, :1] * chance.pictures((0.7, 1.0))
    return image


def _written(chance: Chance, side: int) -> Tensor:
    """`(m, 2, side, side)` in 0..1: ink, and ink with its rim; one line a frame, upright, 3 to 6 % of the side high."""
    lines = _script()[chance.numbers(len(SCRIPT))].to(chance.device, non_blocking=True)
    high = chance.between(0.03, 0.06)[:, None]
    wide = high * COLUMNS / ROWS
    left, top = chance.between(-0.1, 0.7)[:, None], chance.between(0, 0.95)[:, None]
    places = ((torch.arange(side, device=chance.device) + 0.5) / side)[None, :]
    x, y = (places - left) / wide * 2 - 1, (places - top) / high * 2 - 1
    x, y = x[:, None, :].expand(-1, side, -1), y[:, :, None].expand(-1, -1, side)
    return functional.grid_sample(lines, torch.stack([x, y], dim=-1), align_corners=False)


@functools.cache
def _script() -> Tensor:
    """`(lines, 2, ROWS, COLUMNS)` in 0..1: each line's ink, and the ink with a rim round it."""
    pages = np.zeros((len(SCRIPT), 2, ROWS, COLUMNS), np.uint8)
    for page, text in zip(pages, SCRIPT, strict=True):
        for layer, thickness in zip(page, (1, 3), strict=True):
            cv2.putText(layer, text, (3, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.55, 255, thickness, cv2.LINE_AA)
    return torch.from_numpy(pages.astype(np.float32) / 255)
