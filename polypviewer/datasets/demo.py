"""The demo: stills of several invented exams and one clip, with the masks known exactly, all from one seed.

Half of the exams are seen in white light with reddish, raised polyps, half in a narrow-band light with pale, flat ones:
a network that was trained on white light finds the second kind badly, so that corrections have something to teach it.

::

    FOLDER/media/E-0001/still-01.jpg ...      one folder an exam: the exam rule "folder" finds them
    FOLDER/media/E-0007/clip.mp4
    FOLDER/masks/E-0001/still-01.png ...      LabelMaps: 0 background, 1 to 254 a polyp
    FOLDER/masks/E-0007/clip/000000.png ...   one for each frame of the clip
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from math import cos, pi, sin
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import DatasetError
from polypviewer.core.label_map import LabelMap
from polypviewer.datasets.demo_scene import Camera, Look, render
from polypviewer.datasets.demo_wall import TURN, Polyp, Wall, make_wall

FRAME_RATE: Final = 25
_WORKERS: Final = 2
_RED_TINTS: Final = ((1.06, 0.80, 0.84), (0.96, 0.72, 0.70), (1.08, 0.92, 0.95))
_PALE_TINTS: Final = ((1.14, 1.10, 1.02), (1.05, 1.12, 1.12), (0.90, 0.92, 0.84))
_WHITE_LIGHT_VESSEL: Final = (0.14, 0.46, 0.40)
_NARROW_BAND_VESSEL: Final = (0.42, 0.34, 0.20)

Frame = tuple[NDArray[np.uint8], LabelMap]


class VideoWriter(Protocol):
    """`media.write_video`; given from above, since data sets know nothing of media."""

    def __call__(self, path: Path, frames: Iterable[NDArray[np.uint8]], *, frame_rate: int | Fraction) -> None:
        """Write `(height, width, 3)` uint8 RGB frames to `path`."""


@dataclass(frozen=True, slots=True)
class DemoSet:
    """What was written. `stills`, `masks` and `exams` run in parallel; `clip_masks` has one path for each frame."""

    stills: tuple[Path, ...]
    masks: tuple[Path, ...]
    exams: tuple[str, ...]
    clip: Path
    clip_masks: tuple[Path, ...]
    clip_exam: str


@dataclass(frozen=True, slots=True, eq=False)
class _Exam:
    key: str
    wall: Wall
    look: Look


def generate_demo(
    folder: Path,
    *,
    seed: int,
    write_video: VideoWriter,
    exams: int = 6,
    stills: int = 5,
    clip_frames: int = 150,
    progress: Callable[[int, int], None] | None = None,
) -> DemoSet:
    """Render and write the demo: `exams` x `stills` still images, and a clip of `clip_frames` at 25 frames a second.

    The last still of each exam shows no polyp. `progress(done, total)` is called for each picture. The same seed gives
    the same pixels. Raises `DatasetError` if the folder cannot be written.
    """
    counted = _counter(exams * stills + clip_frames, progress)
    try:
        return _written(folder, seed, write_video, (exams, stills, clip_frames), counted)
    except OSError as error:
        raise DatasetError("dataset.not_written", name=folder.name, reason=error.strerror or str(error)) from error


def _counter(total: int, progress: Callable[[int, int], None] | None) -> Callable[[], None]:
    done = iter(range(1, total + 1))

    def count() -> None:
        if progress is not None:
            progress(next(done), total)

    return count


def _written(
    folder: Path, seed: int, write_video: VideoWriter, sizes: tuple[int, int, int], counted: Callable[[], None]
) -> DemoSet:
    exams, stills, clip_frames = sizes
    images: list[Path] = []
    masks: list[Path] = []
    keys: list[str] = []
    for number in range(1, exams + 1):
        exam = _exam(seed, number)
        for at, (pixels, label_map) in enumerate(_rendered(exam, _still_cameras(exam, seed, number, stills), seed), 1):
            image = folder / "media" / exam.key / f"still-{at:02}.jpg"
            mask = folder / "masks" / exam.key / f"still-{at:02}.png"
            _write(image, pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            _write(mask, label_map, [])
            images, masks, keys = [*images, image], [*masks, mask], [*keys, exam.key]
            counted()
    clip_exam = _exam(seed, exams + 1)
    clip = folder / "media" / clip_exam.key / "clip.mp4"
    clip_masks = [folder / "masks" / clip_exam.key / "clip" / f"{at:06}.png" for at in range(clip_frames)]
    frames = _rendered(clip_exam, _clip_cameras(clip_frames), seed)
    write_video(clip, _with_masks_written(frames, clip_masks, counted), frame_rate=FRAME_RATE)
    return DemoSet(tuple(images), tuple(masks), tuple(keys), clip, tuple(clip_masks), clip_exam.key)


def _with_masks_written(
    frames: Iterator[Frame], masks: list[Path], counted: Callable[[], None]
) -> Iterator[NDArray[np.uint8]]:
    for (pixels, label_map), path in zip(frames, masks, strict=True):
        _write(path, label_map, [])
        counted()
        yield pixels


def _write(path: Path, pixels: NDArray[np.uint8], options: list[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _, data = cv2.imencode(path.suffix, np.ascontiguousarray(pixels), options)
    path.write_bytes(data.tobytes())


def _rendered(exam: _Exam, cameras: list[Camera], seed: int) -> Iterator[Frame]:
    """Frames in order, two at a time; each has noise of its own that depends on seed, exam and number alone."""

    def one(number: int) -> Frame:
        noise = np.random.default_rng([seed, 2, int(exam.key[2:]), number])
        return render(exam.wall, cameras[number], exam.look, noise)

    with ThreadPoolExecutor(_WORKERS) as pool:
        for start in range(0, len(cameras), 2 * _WORKERS):
            yield from pool.map(one, range(start, min(start + 2 * _WORKERS, len(cameras))))


def _exam(seed: int, number: int) -> _Exam:
    """An exam: odd numbers in white light, even ones in narrow-band light."""
    rng = np.random.default_rng([seed, 0, number])
    narrow = number % 2 == 0
    polyps = tuple(_polyp(rng, depth=depth, is_flat=narrow) for depth in (2.6, 5.6, 8.6))
    wall = make_wall(rng, polyps, vessel=_NARROW_BAND_VESSEL if narrow else _WHITE_LIGHT_VESSEL)
    red = rng.uniform(0.80, 0.95)
    look = Look(
        mucosa=(red, red * rng.uniform(0.30, 0.42), red * rng.uniform(0.18, 0.32)),
        mix=rng.uniform(0.75, 0.95) if narrow else rng.uniform(0.0, 0.15),
        gain=rng.uniform(0.85, 1.15),
        grain=rng.uniform(1.5, 4.0),
        corner=rng.uniform(0.15, 0.4),
    )
    return _Exam(f"E-{number:04}", wall, look)


def _polyp(rng: np.random.Generator, *, depth: float, is_flat: bool) -> Polyp:
    radius = rng.uniform(0.28, 0.55)
    tints = _PALE_TINTS if is_flat else _RED_TINTS
    return Polyp(
        depth=depth + rng.uniform(-0.3, 0.3),
        angle=rng.uniform(0, TURN),
        radius=radius,
        height=radius * (rng.uniform(0.15, 0.32) if is_flat else rng.uniform(0.5, 0.85)),
        tint=tints[int(rng.integers(len(tints)))],
        ripple=rng.uniform(0.05, 0.2),
        phase=rng.uniform(0, TURN),
    )


def _still_cameras(exam: _Exam, seed: int, number: int, count: int) -> list[Camera]:
    """Near one polyp after the other, the last one past them all."""
    rng = np.random.default_rng([seed, 1, number])
    near = [_towards(rng, exam.wall.polyps[at % len(exam.wall.polyps)]) for at in range(count - 1)]
    deepest = max(polyp.depth + polyp.radius for polyp in exam.wall.polyps)
    return [*near, Camera(deepest + 0.3, rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2), rng.uniform(-0.3, 0.3))]


def _towards(rng: np.random.Generator, polyp: Polyp) -> Camera:
    """0.8 to 1.6 radii before the polyp, away from its side of the wall, turned towards it."""
    away, turn = rng.uniform(0.1, 0.35), rng.uniform(0.25, 0.6)
    return Camera(
        depth=polyp.depth - rng.uniform(0.8, 1.6),
        x=-away * cos(polyp.angle),
        y=-away * sin(polyp.angle),
        yaw=turn * cos(polyp.angle) * rng.uniform(0.6, 1.2),
        pitch=turn * sin(polyp.angle) * rng.uniform(0.6, 1.2),
        roll=rng.uniform(-0.6, 0.6),
        bend_x=rng.uniform(-0.12, 0.12),
        bend_y=rng.uniform(-0.12, 0.12),
    )


def _clip_cameras(count: int) -> list[Camera]:
    """A slow withdrawal with the sway of a hand, past the polyps."""
    cameras = []
    for at in range(count):
        time = at / FRAME_RATE
        cameras.append(
            Camera(
                depth=7.4 - 6.2 * at / max(count, 1) + 0.05 * sin(2 * pi * 0.9 * time),
                x=0.16 * sin(2 * pi * 0.31 * time),
                y=0.12 * cos(2 * pi * 0.23 * time),
                yaw=0.18 * sin(2 * pi * 0.17 * time + 1),
                pitch=0.14 * sin(2 * pi * 0.21 * time),
                roll=0.25 * sin(2 * pi * 0.08 * time),
                bend_x=0.10 * sin(2 * pi * 0.07 * time),
                bend_y=0.08 * cos(2 * pi * 0.05 * time),
            )
        )
    return cameras
