"""What the model that comes along is worth, measured the way a user runs it: `polypviewer predict` on unseen frames.

It was trained on all of Kvasir-SEG and PolypGen; the five sequences of CVC-ClinicDB never taught and chose nothing.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]
BAR = 0.80
"""Floor of the mean over sequences, see docs/models.md."""


def dice(mask: Path, truth: Path) -> float:
    """2 TP / (2 TP + FP + FN) of two image files, both binarised above 127."""
    ours, theirs = (np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) > 127 for path in (mask, truth))
    return float(2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()))


def test_predict_reaches_the_bar_on_sequences_that_never_taught(shared_data: Path, tmp_path: Path) -> None:
    clinicdb = shared_data / "cvc-clinicdb-sequences"
    with (clinicdb / "sequences.csv").open(encoding="utf-8", newline="") as lines:
        sequence_of = {row["frame"]: row["sequence"] for row in csv.DictReader(lines)}
    images = sorted((clinicdb / "images").iterdir())
    command = [sys.executable, "-m", "polypviewer", "predict", *map(str, images), "--out", str(tmp_path)]
    done = subprocess.run([*command, "--device", "cpu"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    scores = defaultdict(list)
    for image in images:
        truth = clinicdb / "masks" / image.name
        scores[sequence_of[image.stem]].append(dice(tmp_path / f"{image.stem}.png", truth))
    assert (len(scores), sum(map(len, scores.values()))) == (5, 103)
    assert np.mean([np.mean(row) for row in scores.values()]) >= BAR
    report = json.loads((tmp_path / "predictions.json").read_text(encoding="utf-8"))
    assert (len(report["images"]), report["device"], report["not_used"]) == (103, "cpu", [])
