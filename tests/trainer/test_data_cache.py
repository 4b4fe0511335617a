"""The cache of prepared frames: the same pixels, found again, never stale, never half."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.conftest import write_grey
from trainer.data.folders import find_pairs
from trainer.data.frames import Frames, load_frames

Load = Callable[..., Frames]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def load(data: Path, tmp_path: Path, said: list[str]) -> Load:
    """Loads the ten frames at a size through the cache `tmp_path / "cache"`."""

    def load(size: int = 32, **options: bool) -> Frames:
        pairs = find_pairs(data, name="d")
        return load_frames(pairs, size=size, cache=tmp_path / "cache", say=said.append, **options)  # type: ignore[arg-type]

    return load


def test_a_second_run_gets_the_same_pixels_from_disk(load: Load, said: list[str]) -> None:
    first, second = load(), load()
    assert ["kept in the cache" in line for line in said] == [False, True, False, False]
    assert said[-1].startswith("Prepared frames come from the cache")
    assert isinstance(second.images, np.memmap)
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.keys == second.keys


def test_the_weight_of_the_set_is_told(load: Load, said: list[str]) -> None:
    frames = load(64)
    assert frames.size_bytes == 10 * 64 * 64 * 4
    assert said[0] == "10 frames of 64x64 pixels take 0 MB."


def test_another_mask_size_or_crop_is_another_set(load: Load, data: Path, tmp_path: Path) -> None:
    before = load()
    write_grey(data / "masks" / "f000.png", np.full((96, 96), 255, np.uint8))
    after = load()
    assert not np.array_equal(before.labels[0], after.labels[0])
    load(48)
    load(crop=False)
    assert len(list((tmp_path / "cache").iterdir())) == 8


@pytest.mark.parametrize("broken", ["images", "labels"])
def test_a_damaged_cache_is_said_and_made_again(load: Load, said: list[str], tmp_path: Path, broken: str) -> None:
    first = load()
    (path,) = (tmp_path / "cache").glob(f"*.{broken}.npy")
    path.write_bytes(path.read_bytes()[:2000])
    second = load()
    assert any("is damaged" in line for line in said)
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(load().labels, first.labels)


def test_several_runs_may_fill_one_cache_at_once(load: Load, tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: load(), range(6)))
    for frames in results:
        np.testing.assert_array_equal(frames.images, results[0].images)
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".npy", ".npy"]


def test_a_batch_can_be_changed_without_changing_the_cache(load: Load) -> None:
    load()
    load().images[:] = 7
    assert not (load().images == 7).all()


def test_without_a_crop_the_whole_frame_is_there(load: Load, data: Path) -> None:
    whole, cropped = load(crop=False), load()
    assert whole.images.shape == cropped.images.shape
    assert whole.images.any(axis=-1).all()
