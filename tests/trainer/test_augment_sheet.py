"""The contact sheet: a picture that a person can read."""

from pathlib import Path

import cv2
import numpy as np

from tests.trainer.conftest import frame_with_polyp
from trainer.data.augment import ENDOSCOPIC
from trainer.data.contact_sheet import COLUMNS, GAP, LESION, TILE, write_contact_sheet


def test_the_sheet_shows_frames_versions_and_outlines(tmp_path: Path) -> None:
    made = [frame_with_polyp(seed, side=64) for seed in range(3)]
    images, labels = np.stack([image for image, _ in made]), np.stack([label for _, label in made])
    path = tmp_path / "new" / "sheet.png"
    write_contact_sheet(path, images, labels, ranges=ENDOSCOPIC, size=96, seed=1)
    sheet = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert sheet is not None
    assert sheet.shape[1] == GAP + COLUMNS * (TILE + GAP)
    assert ((sheet == LESION).all(axis=-1)).sum() > 500
    again = tmp_path / "again.png"
    write_contact_sheet(again, images, labels, ranges=ENDOSCOPIC, size=96, seed=1)
    assert again.read_bytes() == path.read_bytes()
