"""The field of view on real frames: no lesion is cut off, and the green inset is found."""

import csv
from pathlib import Path

import numpy as np
import pytest

from trainer.data.folders import find_pairs, read_image, read_pair
from trainer.pixels.field_of_view import find_field_of_view


@pytest.mark.parametrize("name", ["kvasir-seg", "polypgen"])
def test_no_lesion_of_a_real_frame_is_cut_off(shared_data: Path, name: str) -> None:
    for pair in find_pairs(shared_data / name, name=name)[::20]:
        image, label = read_pair(pair)
        lost = np.count_nonzero(label[~find_field_of_view(image).seen()])
        assert lost <= 0.01 * np.count_nonzero(label), pair.key


def test_the_green_inset_of_real_frames_is_blanked(shared_data: Path) -> None:
    folder = shared_data / "polypgen"
    with (folder / "centres.csv").open(encoding="utf-8", newline="") as file:
        empty = [row["stem"] for row in csv.DictReader(file) if (row["centre"], row["has_polyp"]) == ("C4", "0")]
    assert len(empty) > 50
    without = [
        stem for stem in empty[::4] if not find_field_of_view(read_image(folder / "images" / f"{stem}.jpg")).insets
    ]
    assert without == []
