"""Frames made in code from a seed, and what both programs must compute from them.

`python -m tests.contract.golden_frames` writes `golden_pixels.json` again, from the trainer's side; do that only when
the specification in docs/formats.md changes.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

GOLDEN = Path(__file__).with_name("golden_pixels.json")
SIZE = 256
THRESHOLD = 0.5
MINIMUM_AREA = 0.0005


def tissue(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """`(height, width, 3)` uint8 RGB: reddish and uneven, without exact ties for a resize to fall either way."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(90, 200, (max(2, height // 24), max(2, width // 24)), dtype=np.uint8)
    red = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.stack([red, (red * 0.5).astype(np.uint8), (red * 0.4).astype(np.uint8)], axis=-1)


def octagon(height: int, width: int, margin: int, cut: int) -> NDArray[np.bool_]:
    """`(height, width)` bool: a rectangle `margin` from the edges, its corners cut by `cut` pixels."""
    y, x = np.mgrid[:height, :width]
    left, top = np.minimum(x, width - 1 - x) - margin, np.minimum(y, height - 1 - y) - margin
    return np.asarray((left >= 0) & (top >= 0) & (left + top >= cut))


def octagon_frame() -> NDArray[np.uint8]:
    """The usual console: grey border, octagon, burnt-in text at the left."""
    frame = np.full((540, 720, 3), 18, np.uint8)
    seen = octagon(540, 720, 40, 90)
    frame[seen] = tissue(540, 720, 1)[seen]
    for line in range(6):
        cv2.putText(frame, "Name: ----", (2, 60 + 18 * line), cv2.FONT_HERSHEY_PLAIN, 0.7, (230, 230, 230))
    return frame


def inset_frame() -> NDArray[np.uint8]:
    """A green position inset at the lower left that reaches into the tissue, with dark lines in it."""
    frame = octagon_frame()
    frame[380:, :170] = (40, 180, 140)
    cv2.polylines(frame, [np.array([(20, 400), (60, 470), (30, 530)], np.int32)], isClosed=False, color=(0, 0, 0))
    return frame


def circle_frame() -> NDArray[np.uint8]:
    """A circle in full HD with a dark lumen inside, letterboxed."""
    frame = np.zeros((1080, 1920, 3), np.uint8)
    disc = np.zeros((1080, 1920), np.uint8)
    cv2.circle(disc, (1000, 540), 470, 1, -1)
    frame[disc > 0] = tissue(1080, 1920, 2)[disc > 0]
    cv2.circle(frame, (1050, 500), 120, (8, 6, 5), -1)
    return frame


def black_frame() -> NDArray[np.uint8]:
    """Nothing to see: the whole frame is the field of view."""
    return np.full((288, 384, 3), 9, np.uint8)


def small_frame() -> NDArray[np.uint8]:
    """Smaller than the network, tissue to every edge: stretched up, not down."""
    return tissue(120, 161, 3)


FRAMES: dict[str, Callable[[], NDArray[np.uint8]]] = {
    "octagon with text": octagon_frame,
    "octagon with green inset": inset_frame,
    "circle in full HD": circle_frame,
    "almost black": black_frame,
    "small and full": small_frame,
}


def probability(seed: int) -> NDArray[np.float32]:
    """`(SIZE, SIZE)` float32: three soft blobs, one of them too small to be kept."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    total = np.zeros((SIZE, SIZE), np.float32)
    for radius in (40.0, 16.0, 1.2):
        cx, cy = rng.uniform(70, 186, 2)
        total = np.maximum(total, np.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2))).astype(np.float32))
    return (total * np.float32(0.97)).astype(np.float32)


def digest(array: NDArray[np.generic]) -> str:
    """BLAKE2b-128 of shape, type and bytes."""
    head = f"{array.shape}{array.dtype}".encode()
    return hashlib.blake2b(head + np.ascontiguousarray(array).tobytes(), digest_size=16).hexdigest()


def summary(array: NDArray[np.generic]) -> list[float]:
    """Mean of each of 8 x 8 tiles: what is compared with a tolerance where OpenCV's own rounding may differ."""
    grid = np.asarray(array, np.float64)
    flat = grid if grid.ndim == 2 else grid.mean(axis=2)
    return [round(float(tile.mean()), 3) for row in np.array_split(flat, 8) for tile in np.array_split(row, 8, axis=1)]


def write_golden() -> None:
    """Write `golden_pixels.json` from the trainer's side."""
    from tests.contract import both_sides

    values = {name: both_sides.TRAINER.vector(make(), probability(number)) for number, (name, make) in _numbered()}
    GOLDEN.write_text(
        json.dumps({"frames": values, "split": both_sides.TRAINER.split_vector()}, indent=1) + "\n", "utf-8"
    )


def _numbered() -> list[tuple[int, tuple[str, Callable[[], NDArray[np.uint8]]]]]:
    return list(enumerate(FRAMES.items()))


if __name__ == "__main__":
    write_golden()
