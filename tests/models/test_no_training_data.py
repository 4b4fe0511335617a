"""No picture that a bundle was trained or judged on is in the repository, neither as its file nor as its pixels."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every tracked file."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no checkout: what is tracked is not known")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="module")
def theirs(shared_data: Path) -> list[Path]:
    """Every frame and mask of the data sets."""
    found = sorted(path for path in shared_data.rglob("*") if path.suffix.lower() in PICTURES)
    assert len(found) > 1000
    return found


def test_no_tracked_file_is_one_of_the_data_sets(tracked: list[Path], theirs: list[Path]) -> None:
    assert copies(tracked, theirs) == []


def test_no_tracked_picture_has_the_pixels_of_one_of_the_data_sets(tracked: list[Path], theirs: list[Path]) -> None:
    assert same_pixels(pictures(tracked), theirs) == []


def test_a_copy_and_the_same_pixels_in_another_file_would_be_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    original, copy, other = tmp_path / "frame.jpg", tmp_path / "copy.bin", tmp_path / "other.png"
    cv2.imwrite(str(original), rng.integers(0, 256, (40, 50, 3), np.uint8))
    copy.write_bytes(original.read_bytes())
    cv2.imwrite(str(other), np.asarray(cv2.imread(str(original))))
    assert copies([copy, other], [original]) == [copy]
    assert same_pixels([other], [original]) == [other]


def copies(paths: Iterable[Path], originals: Iterable[Path]) -> list[Path]:
    """The files whose bytes are those of an original."""
    sizes: dict[int, list[Path]] = {}
    for original in originals:
        sizes.setdefault(original.stat().st_size, []).append(original)
    return [
        path
        for path in paths
        if any(path.read_bytes() == original.read_bytes() for original in sizes.get(path.stat().st_size, ()))
    ]


def same_pixels(paths: Iterable[Path], originals: Iterable[Path]) -> list[Path]:
    """The pictures that decode to the pixels of an original; only those of one size are decoded."""
    sizes: dict[tuple[int, int], list[Path]] = {}
    for path in paths:
        sizes.setdefault(size_of(path), []).append(path)
    digests = {pixels_of(original) for original in originals if size_of(original) in sizes}
    return [path for some in sizes.values() for path in some if pixels_of(path) in digests]


def pictures(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix.lower() in PICTURES)


def size_of(path: Path) -> tuple[int, int]:
    """Width and height, from the head of the file."""
    with Image.open(path) as image:
        return image.size


def pixels_of(path: Path) -> str:
    """SHA-256 of the decoded RGB pixels and their shape."""
    pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR))
    return hashlib.sha256(f"{pixels.shape}".encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
