"""A contact sheet: what augmentation makes of real frames, for a person to look at before a long run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from trainer.data.augment import Batch, augmented_batch
from trainer.data.ranges import NOTHING, Augmentation
from trainer.files import write_whole

ROWS: Final = 6
"""Frames that are shown; the first ones."""
COLUMNS: Final = 6
"""The frame as it is, and so many less one changed versions."""
TILE: Final = 224
CAPTION: Final = 22
GAP: Final = 6
PAPER: Final = (24, 24, 24)
INK: Final = (225, 225, 225)
LESION: Final = (80, 255, 80)
UNKNOWN: Final = (255, 140, 40)
EFFECTS: Final = (
    "colour_share", "grey_share", "blur_share", "motion_share", "specular_share", "fog_share", "vignette_share",
    "noise_share", "coarse_share", "jpeg_share", "inset_share", "text_share",
)  # fmt: skip


def write_contact_sheet(
    path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8], *, ranges: Augmentation, size: int, seed: int
) -> None:
    """Write a PNG: up to six frames as they are and in five versions each, then every effect of `ranges` by itself.

    `images`: `(n, s, s, 3)` uint8 RGB; `labels`: `(n, s, s)` uint8 of 0, 1 and 255. Lesions are outlined in green,
    what is unknown (ignored, padding, under a false inset) in orange. Raises SurroundingsError if the disk refuses.
    """
    shown, marked = torch.from_numpy(images[:ROWS].copy()), torch.from_numpy(labels[:ROWS].copy())
    columns = [augmented_batch(shown, marked, size=size, ranges=NOTHING, generator=_seeded(seed))]
    columns += [
        augmented_batch(shown, marked, size=size, ranges=ranges, generator=_seeded(seed + number))
        for number in range(1, COLUMNS)
    ]
    captions = ["as it is", *(f"seed {seed + number}" for number in range(1, COLUMNS))]
    rows = [[_tile(column, row, caption) for column, caption in zip(columns, captions, strict=True)]
            for row in range(len(shown))]  # fmt: skip
    rows += _single_effects(shown, marked, ranges, size=size, seed=seed)
    sheet = _pasted(rows)
    _, coded = cv2.imencode(".png", sheet[..., ::-1])
    write_whole(path, lambda beside: beside.write_bytes(coded.tobytes()))


def _single_effects(
    images: torch.Tensor, labels: torch.Tensor, ranges: Augmentation, *, size: int, seed: int
) -> list[list[NDArray[np.uint8]]]:
    """Tiles of each effect that `ranges` has, made certain, on one frame after the other."""
    quiet = dict.fromkeys((*EFFECTS, "flip", "rotation_share", "shift", "shear"), 0.0)
    tiles = []
    for number, name in enumerate(effect for effect in EFFECTS if getattr(ranges, effect) > 0):
        alone = dataclasses.replace(ranges, **{**quiet, "scale": (1.0, 1.0), name: 1.0})  # type: ignore[arg-type]
        row = slice(number % len(images), number % len(images) + 1)
        batch = augmented_batch(images[row], labels[row], size=size, ranges=alone, generator=_seeded(seed + number))
        tiles.append(_tile(batch, 0, f"only {name.removesuffix('_share')}"))
    return [tiles[first : first + COLUMNS] for first in range(0, len(tiles), COLUMNS)]


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _tile(batch: Batch, row: int, caption: str) -> NDArray[np.uint8]:
    """`(TILE + CAPTION, TILE, 3)` uint8 RGB."""
    image = ((batch.image[row].permute(1, 2, 0).numpy() + 1) * 127.5).round().clip(0, 255).astype(np.uint8)
    picture = np.ascontiguousarray(cv2.resize(image, (TILE, TILE), interpolation=cv2.INTER_AREA))
    for mask, colour in ((1 - batch.known[row, 0], UNKNOWN), (batch.lesion[row, 0], LESION)):
        large = cv2.resize(mask.numpy(), (TILE, TILE), interpolation=cv2.INTER_LINEAR) > 0.5
        outlines, _ = cv2.findContours(large.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(picture, outlines, -1, colour, 1)
    heading = np.full((CAPTION, TILE, 3), PAPER, np.uint8)
    cv2.putText(heading, caption, (3, CAPTION - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.48, INK, 1, cv2.LINE_AA)
    return np.concatenate([heading, picture])


def _pasted(rows: list[list[NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    height, width = TILE + CAPTION + GAP, TILE + GAP
    sheet = np.full((GAP + height * len(rows), GAP + width * COLUMNS, 3), PAPER, np.uint8)
    for down, tiles in enumerate(rows):
        for right, tile in enumerate(tiles):
            top, left = GAP + down * height, GAP + right * width
            sheet[top : top + len(tile), left : left + TILE] = tile
    return sheet
