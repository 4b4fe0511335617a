"""What the model that comes along is worth, measured the way a user runs it: `polypviewer predict` on unseen frames."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[2]
TENTH = ROOT / "trainer" / "splits" / "kvasir_tenth.txt"
BAR = 0.86


def dice(mask: Path, truth: Path) -> float:
    """2 TP / (2 TP + FP + FN) of two image files, both binarised above 127."""
    ours, theirs = (np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) > 127 for path in (mask, truth))
    return float(2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()))


def test_predict_reaches_the_bar_on_the_held_out_tenth(shared_data: Path, tmp_path: Path) -> None:
    kvasir = shared_data / "kvasir-seg"
    stems = [line for line in TENTH.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    images = [str(kvasir / "images" / f"{stem}.jpg") for stem in stems]
    command = [sys.executable, "-m", "polypviewer", "predict", *images, "--out", str(tmp_path), "--device", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    scores = [dice(tmp_path / f"{stem}.png", kvasir / "masks" / f"{stem}.jpg") for stem in stems]
    assert len(scores) == 88
    assert np.mean(scores) >= BAR
    report = json.loads((tmp_path / "predictions.json").read_text(encoding="utf-8"))
    assert (len(report["images"]), report["device"], report["not_used"]) == (88, "cpu", [])
