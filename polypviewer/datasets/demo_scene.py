"""Looking into the invented colon: a ray for each pixel, a light at the camera, and what an endoscope adds.

The wall is a tube of radius 1 whose inside is raised by `Wall.height`. Rays are walked to the wall at half resolution
by steps of the remaining gap (sphere tracing, Hart 1996), then refined at full resolution. A mask is known exactly: it
is where the ray ends inside a polyp, its edge smoothed by a median as a reader would draw it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.label_map import LabelMap, slots_present
from polypviewer.datasets.demo_wall import COLUMNS, LENGTH, ROWS, TURN, Table, Wall

HEIGHT: Final = 512
WIDTH: Final = 640
_STEPS: Final = 20
_FOCAL: Final = 0.62
_FARTHEST: Final = 2.4
_FEWEST_PIXELS: Final = 700


@dataclass(frozen=True, slots=True)
class Camera:
    """`depth`: position along the axis; `x`, `y`: off the axis, wall radii; `yaw`, `pitch`, `roll`: radians; `bend_x`,
    `bend_y`: how the tube curves away ahead.
    """

    depth: float
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    bend_x: float = 0.0
    bend_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """Appearance of one exam: `mucosa` RGB 0..1 of the tissue in its light, `mix` how strongly colours are moved
    towards the blue-green of a narrow-band light (0..1), `gain` exposure, `grain` noise in grey values, `corner` size
    of the cut corners of the view (0 square to 0.5).
    """

    mucosa: tuple[float, float, float]
    mix: float
    gain: float
    grain: float
    corner: float


@lru_cache(maxsize=8)
def _rays(height: int, width: int) -> tuple[Table, Table]:
    """Directions (x, y) at distance 1 for each pixel of `(height, width)`, centred; the width spans 2 / _FOCAL."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    scale = 2 / (_FOCAL * width)
    return (x + 0.5 - width / 2) * scale, (y + 0.5 - height / 2) * scale


def view_mask(corner: float) -> NDArray[np.bool_]:
    """The octagonal field of view, `(HEIGHT, WIDTH)` bool; black outside."""
    x, y = (np.abs(part) for part in _rays(HEIGHT, WIDTH))
    x, y = x / x.max(), y / y.max()
    seen: NDArray[np.bool_] = (x < 0.93) & (y < 0.965) & (x + y * 0.9 < 1.9 - corner)
    return seen


@dataclass(frozen=True, slots=True, eq=False)
class _Rays:
    """Directions in the tube's own axes, `(height, width)` each."""

    x: Table
    y: Table
    z: Table


def _turned(camera: Camera, height: int, width: int) -> _Rays:
    x, y = _rays(height, width)
    x, y = cos(camera.roll) * x - sin(camera.roll) * y, sin(camera.roll) * x + cos(camera.roll) * y
    z = np.ones_like(x)
    x, z = cos(camera.yaw) * x + sin(camera.yaw) * z, cos(camera.yaw) * z - sin(camera.yaw) * x
    y, z = cos(camera.pitch) * y + sin(camera.pitch) * z, cos(camera.pitch) * z - sin(camera.pitch) * y
    length = np.sqrt(x * x + y * y + z * z)
    return _Rays(*((part / length).astype(np.float32) for part in (x, y, z)))


def _on_wall(wall_table: Table | NDArray[np.uint8], row: Table, column: Table, *, nearest: bool = False) -> Table:
    """Look a table up at fractional rows and columns; the angle wraps."""
    way = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    return np.asarray(cv2.remap(wall_table, column, row, way, borderMode=cv2.BORDER_WRAP), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Hit:
    """Where rays stand: table row and column, and distance from the axis of the tube."""

    row: Table
    column: Table
    radius: Table


def _stand(camera: Camera, rays: _Rays, distance: Table) -> _Hit:
    ahead = rays.z * distance
    curve = np.maximum(ahead, 0) ** 2 * 0.5
    x = camera.x + rays.x * distance - camera.bend_x * curve
    y = camera.y + rays.y * distance - camera.bend_y * curve
    radius, angle = cv2.cartToPolar(x, y)
    row = np.clip((camera.depth + ahead) * ((ROWS - 1) / LENGTH), 0, ROWS - 1)
    return _Hit(row.astype(np.float32), (angle * (COLUMNS / TURN)).astype(np.float32), np.asarray(radius, np.float32))


def _distances(wall: Wall, camera: Camera) -> Table:
    """How far each ray goes, `(HEIGHT, WIDTH)` wall radii, at most the length of the tube ahead."""
    rays = _turned(camera, HEIGHT // 2, WIDTH // 2)
    slope = np.hypot(rays.x, rays.y) + 0.25
    distance = np.full(slope.shape, 0.15, np.float32)
    for _ in range(_STEPS):
        hit = _stand(camera, rays, distance)
        gap = 1 - _on_wall(wall.height, hit.row, hit.column) - hit.radius
        distance = np.clip(distance + 0.65 * gap / slope, 0.05, 9).astype(np.float32)
    return np.asarray(cv2.resize(distance, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)


def render(wall: Wall, camera: Camera, look: Look, rng: np.random.Generator) -> tuple[NDArray[np.uint8], LabelMap]:
    """One frame: `(HEIGHT, WIDTH, 3)` uint8 RGB and its LabelMap with one slot for each polyp seen."""
    distance = _distances(wall, camera)
    rays = _turned(camera, HEIGHT, WIDTH)
    hit = _stand(camera, rays, distance)
    facing = _facing(wall, camera, rays, hit, distance)
    light = (0.12 + 0.88 * facing) / (0.40 + 0.40 * distance**2)
    colour = _on_wall(wall.albedo, hit.row, hit.column) * np.array(_tissue(look), np.float32)
    shaded = cv2.GaussianBlur(light, (0, 0), 1.2)[:, :, None] * colour * (1.15 * look.gain)
    gloss = np.clip(facing, 0, 1) ** 28 * _on_wall(wall.wet, hit.row, hit.column) / (0.35 + distance**2)
    shaded += _spots(gloss)[:, :, None]
    seen = view_mask(look.corner)
    image = _through_the_camera(shaded, look, rng)
    image[~seen] = 0
    inside = _on_wall(wall.inside, hit.row, hit.column) > 0
    slots = _on_wall(wall.slot, hit.row, hit.column, nearest=True).astype(np.uint8)
    label_map = np.where(inside & seen & (distance < _FARTHEST), slots, 0).astype(np.uint8)
    return image, _large_enough(np.asarray(cv2.medianBlur(label_map, 7), np.uint8))


def _large_enough(label_map: LabelMap) -> LabelMap:
    """Without the slots of which a reader would see a few pixels only, in the dark far ahead."""
    for slot in slots_present(label_map):
        if np.count_nonzero(label_map == slot) < _FEWEST_PIXELS:
            label_map[label_map == slot] = 0
    return label_map


def _tissue(look: Look) -> tuple[float, ...]:
    """Colour of the mucosa, moved from white light towards the brownish blue-green of a narrow-band light."""
    narrow = (0.44, 0.60, 0.50)
    return tuple((1 - look.mix) * white + look.mix * green for white, green in zip(look.mucosa, narrow, strict=True))


def _facing(wall: Wall, camera: Camera, rays: _Rays, hit: _Hit, distance: Table) -> Table:
    """Cosine between the wall's normal and the ray back to the camera, from the slope of the wall's height."""
    slope = _on_wall(wall.slope, hit.row, hit.column)
    cos_a, sin_a = cv2.polarToCart(np.ones_like(hit.column), hit.column * (TURN / COLUMNS))
    along, around = slope[:, :, 0], slope[:, :, 1] / np.maximum(hit.radius, 0.2)
    ahead = np.maximum(rays.z * distance, 0)
    outwards = rays.x * cos_a + rays.y * sin_a
    sideways = rays.y * cos_a - rays.x * sin_a
    curved = (camera.bend_x * cos_a + camera.bend_y * sin_a) * ahead
    towards = outwards + around * sideways + (along - curved) * rays.z
    return np.asarray(np.clip(towards / np.sqrt(1 + around**2 + along**2), 0.06, 1), np.float32)


def _spots(gloss: Table) -> Table:
    """Specular spots: sharp where the gloss is high, with a faint halo."""
    core = np.clip((gloss - 0.55) * 6, 0, 1)
    return np.asarray(core + 0.35 * cv2.GaussianBlur(core, (0, 0), 3.0) + 0.10 * gloss, np.float32)


def _through_the_camera(shaded: Table, look: Look, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Vignetting, tone curve, slight blur, sensor noise that is smooth in chroma."""
    x, y = _rays(HEIGHT, WIDTH)
    lit = shaded * (1 - 0.10 * (x * x + y * y))[:, :, None]
    toned = 255 * (1 - np.exp(-1.9 * np.maximum(lit, 0))) ** 0.8
    blurred = cv2.GaussianBlur(toned.astype(np.float32), (0, 0), 0.8)
    noise = rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) * look.grain
    return np.clip(blurred + noise + 0.5, 0, 255).astype(np.uint8)
