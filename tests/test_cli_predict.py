"""`polypviewer predict`: a mask for each image, a reason for each that has none, and nothing half done."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from polypviewer.core.errors import DatasetError
from polypviewer.session.predicting import check_stems
from tests.command_line import polypviewer

ROOT = Path(__file__).parents[1]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three reddish pictures of different sizes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number, (height, width) in enumerate([(120, 160), (200, 150), (97, 131)]):
        noise = rng.integers(0, 60, (height, width, 3), dtype=np.uint8)
        noise[:, :, 2] += 120
        cv2.circle(noise, (width // 2, height // 2), 25, (60, 60, 230), -1)
        cv2.imwrite(str(folder / f"picture é {number}.png"), noise)
    return folder


def test_each_image_gets_a_mask_of_its_size_and_stem(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    ran = polypviewer(capfd, "predict", pictures, "--out", out, "--overlay", "--json")
    assert ran.code == 0, ran.err
    for path in pictures.iterdir():
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        mask = cv2.imdecode(np.frombuffer((out / path.name).read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        assert image is not None
        assert mask is not None
        assert mask.shape == image.shape[:2]
        assert set(np.unique(mask)) <= {0, 255}
        assert (out / "overlay" / path.name).is_file()
    images = ran.json["images"]
    assert isinstance(images, list)
    assert ran.json["device"] == "cpu"
    assert all(0 <= row["probability"] <= 1 and row["ms"] > 0 and row["device"] == "cpu" for row in images)
    assert (out / "predictions.json").is_file()


def test_a_broken_image_is_listed_with_its_reason_and_the_rest_goes_on(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (pictures / "text.jpg").write_text("no image", "utf-8")
    (pictures / "zero.png").write_bytes(b"")
    whole = (pictures / "picture é 0.png").read_bytes()
    (pictures / "cut.png").write_bytes(whole[: len(whole) // 2])
    ran = polypviewer(capfd, "predict", pictures, "--out", tmp_path / "out", "--json")
    assert ran.code == 1
    refused = ran.json["not_used"]
    assert isinstance(refused, list)
    assert {Path(row["image"]).name for row in refused} == {"text.jpg", "zero.png", "cut.png"}
    assert all(row["reason"] for row in refused)
    assert len(list((tmp_path / "out").glob("picture*.png"))) == 3


def test_two_images_of_one_stem_are_refused_before_anything_is_written(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "picture é 1.png").write_bytes((pictures / "picture é 1.png").read_bytes())
    ran = polypviewer(capfd, "predict", pictures, other, "--out", tmp_path / "out")
    assert ran.code == 1
    assert "picture é 1.png" in ran.err
    assert not (tmp_path / "out").exists()
    with pytest.raises(DatasetError):
        check_stems([Path("a/x.png"), Path("b/X.jpg")])


def test_a_folder_that_is_not_empty_is_left_alone_unless_told(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", "utf-8")
    assert polypviewer(capfd, "predict", pictures, "--out", out).code == 1
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    assert polypviewer(capfd, "predict", pictures, "--out", out, "--overwrite").code == 0
    assert (out / "mine.txt").read_text("utf-8") == "mine"
    assert (out / "predictions.json").is_file()


def test_cuda_where_there_is_none_is_an_error_and_leaves_no_folder(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from polypviewer.segmentation.devices import cuda_obstacle

    if not cuda_obstacle():
        pytest.skip("CUDA works on this machine")
    ran = polypviewer(capfd, "predict", pictures, "--out", tmp_path / "out", "--device", "cuda")
    assert ran.code == 1
    assert "CUDA" in ran.err
    assert not (tmp_path / "out").exists()


def test_nothing_to_predict_and_an_unknown_model_are_said(
    pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert "No image" in polypviewer(capfd, "predict", tmp_path / "empty", "--out", tmp_path / "out").err
    ran = polypviewer(capfd, "predict", pictures, "--out", tmp_path / "out", "--model", "sesame")
    assert ran.code == 1
    assert "sesame" in ran.err


def test_ctrl_c_ends_it_with_130_and_nothing_half_done(pictures: Path, tmp_path: Path) -> None:
    data = (pictures / "picture é 0.png").read_bytes()
    for number in range(3_000):
        (pictures / f"more {number}.png").write_bytes(data)
    command = [sys.executable, "-m", "polypviewer", "predict", str(pictures), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not list(tmp_path.glob(".out.*.part/*.png")) and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()
    assert list(tmp_path.glob(".out.*")) == []
