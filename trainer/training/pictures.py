"""Pictures of a run: what it trains on, as a sheet in its folder, and what it says of validation frames."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.augment import Batch
from trainer.data.contact_sheet import write_contact_sheet
from trainer.data.frames import Frames
from trainer.training.board import write_picture
from trainer.training.feed import Feed
from trainer.training.prediction import predict
from trainer.training.state import Run

SHOWN = 16
"""Frames of a sheet at most."""
LESION, PROPOSED = (64, 255, 64), (255, 255, 64)
"""RGB of the outlines of what is marked and of what the network says."""


def show_training_frames(run: Run, training: Frames, feed: Feed) -> None:
    """Leave `contact_sheet.png` of what augmentation makes of frames, and put the first step's frames on the board."""
    if not run.processes.first:
        return
    write_contact_sheet(
        run.folder / "contact_sheet.png", training.images, training.labels, ranges=run.recipe.ranges,
        size=run.recipe.size, seed=run.seed,
    )  # fmt: skip
    if run.board is not None:
        batch = feed.step(0, 0).batch
        pictures = [_outlined(batch, number) for number in range(min(SHOWN, len(batch.image)))]
        write_picture(run.board, "training frames", sheet_of(pictures), 0)


def show_predictions(run: Run, validation: Frames) -> None:
    """Put the first validation frames on the board, outlined as they are marked and as the weights of now say."""
    if run.board is None:
        return
    part = validation.subset(range(min(SHOWN, len(validation))))
    maps = predict(run.network, part.images, device=run.device, batch=run.recipe.batch)
    pictures = []
    for image, label, probability in zip(part.images, part.labels, maps, strict=True):
        pictures.append(_outline(_outline(image, label == 1, LESION), probability >= 0.5, PROPOSED))
    write_picture(run.board, "validation frames", sheet_of(pictures), run.progress.epoch)


def sheet_of(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """`(rows * s, columns * s, 3)` uint8 of pictures `(s, s, 3)`, as near to a square as it goes."""
    columns = math.ceil(math.sqrt(len(pictures)))
    blank = [np.zeros_like(pictures[0])] * (-len(pictures) % columns)
    cells = np.stack([*pictures, *blank])
    side = cells.shape[1]
    rows = cells.reshape(-1, columns, side, side, 3).swapaxes(1, 2)
    return np.ascontiguousarray(rows.reshape(-1, columns * side, 3))


def _outlined(batch: Batch, number: int) -> NDArray[np.uint8]:
    image = ((batch.image[number] + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 0).cpu().numpy()
    known = batch.known[number, 0].cpu().numpy()[..., None]
    seen = np.ascontiguousarray((image * (0.4 + 0.6 * known)).astype(np.uint8))
    return _outline(seen, batch.lesion[number, 0].cpu().numpy() > 0, LESION)


def _outline(image: NDArray[np.uint8], mask: NDArray[np.bool_], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(image.copy(), outlines, -1, colour, 1), np.uint8)
