"""Small frames, masks, bundles and jobs, made by code in `tmp_path`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="needs the [train] extra: torch is not installed here")

from trainer.bundle import Bundle  # noqa: E402
from trainer.export import CardFacts, write_bundle  # noqa: E402
from trainer.models.registry import Architecture, build_network  # noqa: E402

SMALL = Architecture("unet", {"widths": [4, 8]})
MakeJob = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small networks are quicker so, and the machine is shared."""
    torch.set_num_threads(1)


def frame_with_polyp(seed: int, *, side: int = 96) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """`(side, side, 3)` uint8 RGB tissue with one bright disc, and its LabelMap of 0 and 1."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(60, 110, (side // 8, side // 8), dtype=np.uint8)
    red = cv2.resize(noise, (side, side), interpolation=cv2.INTER_LINEAR)
    image = np.stack([red + 60, red // 2, red // 3], axis=-1).astype(np.uint8)
    label = np.zeros((side, side), np.uint8)
    x, y = (int(value) for value in rng.integers(side // 3, 2 * side // 3, 2))
    cv2.circle(label, (x, y), side // 6, 1, -1)
    image[label > 0] = (230, 190, 170)
    return image, label


def write_rgb(path: Path, image: NDArray[np.uint8]) -> None:
    """PNG from RGB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]))


def write_grey(path: Path, values: NDArray[np.uint8]) -> None:
    """PNG from one channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), values)


def write_data(folder: Path, *, frames: int, first: int = 0) -> Path:
    """A folder in Kvasir's layout."""
    for number in range(first, first + frames):
        image, label = frame_with_polyp(number)
        write_rgb(folder / "images" / f"f{number:03}.png", image)
        write_grey(folder / "masks" / f"f{number:03}.png", label * 255)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten frames with masks."""
    return write_data(tmp_path / "data", frames=10)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of a small U-Net at 64 pixels with random weights from a seed."""
    torch.manual_seed(0)
    facts = CardFacts("small", "0", SMALL, (64, 64), "tests", (), {"weights": "none", "pretraining": "none"})
    return write_bundle(tmp_path_factory.mktemp("bundles") / "small", build_network(SMALL), facts)


@pytest.fixture
def make_job(tmp_path: Path, bundle: Bundle) -> MakeJob:
    """Writes a job: `make_job(train=3, holdout=2, steps=3)`; keywords replace keys of `job.json`."""

    def write(*, train: int = 3, holdout: int = 2, replay: int = 0, **changes: Any) -> Path:
        folder = tmp_path / "job"
        sides = ["train"] * train + ["holdout"] * holdout + ["replay"] * replay
        items = [_item(folder, number, side) for number, side in enumerate(sides)]
        job: dict[str, Any] = {
            "schema": "polypviewer/job/1", "id": "0e0e0e0e-1111", "kind": "finetune", "created": "2026-01-01T00:00:00Z",
            "seed": 0, "base": {"path": str(bundle.folder), "digest": bundle.digest}, "out": str(tmp_path / "new"),
            "name": "run 1", "device": "cpu", "steps": 3, "batch": 2, "evaluate_every": 2, "items": items,
            "replay_source": None,
        }  # fmt: skip
        job |= changes
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        return folder

    return write


def _item(folder: Path, number: int, side: str) -> dict[str, Any]:
    image, label = frame_with_polyp(number)
    names = {kind: f"{kind}/{number:06}.png" for kind in ("frames", "labels", "fov")}
    write_rgb(folder / names["frames"], image)
    write_grey(folder / names["labels"], label)
    write_grey(folder / names["fov"], np.full(label.shape, 255, np.uint8))
    exam = f"{'H' if side == 'holdout' else 'T'}-{number // 2}"
    return {
        "frame": {"media_id": "m", "segment": 0, "pts": 0, "repeat": 0, "index": number, "content_hash": "file1:0"},
        "image": names["frames"], "label": names["labels"], "field_of_view": names["fov"], "exam": exam,
        "exam_source": "given", "decision": "accepted", "revision_id": "r", "weight": 1.0, "side": side,
    }  # fmt: skip


@pytest.fixture
def heard() -> list[dict[str, Any]]:
    """Events of a run in this process."""
    return []


@pytest.fixture
def tell(heard: list[dict[str, Any]]) -> Callable[..., None]:
    """Collects events in `heard`."""

    def listen(kind: str, **fields: object) -> None:
        heard.append({"type": kind, **fields})

    return listen
