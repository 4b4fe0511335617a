"""Where a bundle goes wrong, as pictures: on invented frames, since those of the data sets may not stand here.

`python -m tests.models.failures docs/pictures` writes `NAME-failures.png` for every bundle that comes along: of the
demo's stills the one with the lowest Dice of each exam, and those without a polyp that get the largest proposal.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.metrics import count, dice
from polypviewer.segmentation import OnnxSegmenter, load_bundle, predict_image
from tests.models.golden import DemoFrame, bundle_folders, demo_frames

EXAMS: Final = 10
"""Of the demo: half of them in narrow-band light."""
COLUMNS, WIDTH, CAPTION, GROUND = 4, 480, 34, 24
TRUTH, PROPOSAL = (255, 255, 255), (80, 220, 255)
"""Colours of the outlines, red, green, blue."""

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """A frame, the mask proposed `(h, w)`, and its Dice; of a frame without a polyp the pixels proposed."""

    frame: DemoFrame
    mask: NDArray[np.bool_]
    dice: float
    area: float


def answers(folder: Path, frames: list[DemoFrame]) -> list[Answered]:
    """What the bundle proposes on each frame."""
    segmenter = OnnxSegmenter(load_bundle(folder), device="cpu", threads=2)
    found = []
    for frame in frames:
        mask = predict_image(frame.image, segmenter).mask
        found.append(Answered(frame, mask, dice(count(mask, frame.label)), float(np.mean(mask))))
    segmenter.close()
    return found


def worst(found: list[Answered]) -> list[Answered]:
    """A row of the lowest Dice, one of each exam, and a row of the largest proposals on frames without a polyp."""
    lowest: dict[str, Answered] = {}
    for one in sorted((one for one in found if one.frame.has_polyp), key=lambda one: one.dice):
        lowest.setdefault(one.frame.name.partition("/")[0], one)
    empty = sorted((one for one in found if not one.frame.has_polyp and one.area), key=lambda one: -one.area)
    return [*list(lowest.values())[:COLUMNS], *empty[:COLUMNS]]


def picture(some: list[Answered]) -> Image:
    """Cells in rows, each frame with its truth and what was proposed; RGB."""
    cells = [_cell(one) for one in some]
    cells += [np.full_like(cells[0], GROUND)] * (-len(cells) % COLUMNS)
    return np.vstack([np.hstack(cells[first : first + COLUMNS]) for first in range(0, len(cells), COLUMNS)])


def _cell(one: Answered) -> Image:
    height, width = one.frame.image.shape[:2]
    small = (WIDTH, round(WIDTH * height / width))
    drawn = cv2.resize(one.frame.image, small, interpolation=cv2.INTER_AREA)
    for mask, colour in ((one.frame.label > 0, TRUTH), (one.mask, PROPOSAL)):
        outline = cv2.resize(mask.astype(np.uint8), small, interpolation=cv2.INTER_NEAREST)
        parts, _ = cv2.findContours(outline, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, parts, -1, colour, 2, cv2.LINE_AA)
    told = f"Dice {one.dice:.2f}" if one.frame.has_polyp else f"no polyp, {one.area:.1%} proposed"
    caption = np.full((CAPTION, WIDTH, 3), GROUND, np.uint8)
    text = f"{one.frame.name}   {told}"
    cv2.putText(caption, text, (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1, cv2.LINE_AA)
    return np.vstack([caption, drawn])


def write_pictures(out: Path) -> None:
    """One picture for each bundle."""
    with tempfile.TemporaryDirectory() as folder:
        frames = demo_frames(Path(folder), exams=EXAMS)
    for place in bundle_folders():
        drawn = picture(worst(answers(place, frames)))
        cv2.imwrite(str(out / f"{place.name}-failures.png"), drawn[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]))
