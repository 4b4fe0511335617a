"""Demo frames made from a seed, and the Dice that each bundle that comes along reached on them.

`python -m tests.models.golden` writes `golden.json` again; do that only when a bundle is replaced. Frames on which the
Dice hangs on a few pixels (it moves by more than `FIRM` when the logits move by `STEP`) are left out: another processor
rounds otherwise.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

import resources
from polypviewer.core.metrics import count, dice
from polypviewer.datasets.demo import generate_demo
from polypviewer.media.image import read_image
from polypviewer.media.write import write_video
from polypviewer.segmentation import ModelBundle, OnnxSegmenter, load_bundle, predict_image

GOLDEN = Path(__file__).with_name("golden.json")
SEED, EXAMS, STILLS = 0, 6, 4
STEP, FIRM = 0.12, 0.005
"""Of the network's own logits, before its temperature: .03 of the probability at a half and temperature 1."""


@dataclass(frozen=True, slots=True, eq=False)
class DemoFrame:
    """`name`: "E-0001/still-01"; `image`: `(h, w, 3)` uint8 RGB; `label`: its LabelMap `(h, w)` uint8."""

    name: str
    image: NDArray[np.uint8]
    label: NDArray[np.uint8]

    @property
    def has_polyp(self) -> bool:
        return bool((self.label > 0).any())


def bundle_folders() -> list[Path]:
    """Every folder of the bundles that come along."""
    return sorted(path for path in resources.path("models").iterdir() if path.is_dir())


def demo_frames(folder: Path, *, exams: int = EXAMS) -> list[DemoFrame]:
    """Stills of invented exams, every other one in narrow-band light; one still of each has no polyp."""
    demo = generate_demo(folder, seed=SEED, write_video=write_video, exams=exams, stills=STILLS, clip_frames=1)
    return [
        DemoFrame(f"{image.parent.name}/{image.stem}", read_image(image), _label(mask))
        for image, mask in zip(demo.stills, demo.masks, strict=True)
    ]


def dice_of(bundle: ModelBundle, frames: list[DemoFrame], *, threshold: float | None = None) -> dict[str, float]:
    """Dice of each frame with a polyp by the application's whole path, at the bundle's threshold or another."""
    segmenter = OnnxSegmenter(bundle, device="cpu", threads=1)
    found = {
        frame.name: dice(count(predict_image(frame.image, segmenter, threshold=threshold).mask, frame.label))
        for frame in frames
        if frame.has_polyp
    }
    segmenter.close()
    return found


def write_golden() -> None:
    """Write `golden.json` for every bundle that comes along."""
    with tempfile.TemporaryDirectory() as folder:
        frames = demo_frames(Path(folder))
    stored = {place.name: _firm(load_bundle(place), frames) for place in bundle_folders()}
    GOLDEN.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


def _firm(bundle: ModelBundle, frames: list[DemoFrame]) -> dict[str, float]:
    found = dice_of(bundle, frames)
    card = bundle.card
    cuts = [float(expit(logit(card.threshold) + step / card.temperature)) for step in (-STEP, STEP)]
    moved = [dice_of(bundle, frames, threshold=cut) for cut in cuts]
    return {
        name: round(value, 4)
        for name, value in found.items()
        if value > 0 and all(abs(other[name] - value) <= FIRM for other in moved)
    }


def _label(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)


if __name__ == "__main__":
    write_golden()
