"""How long a tool takes for one gesture on a 1080p frame, over lesions of several frames.

Real frames beside the checkout are taken where they are, resized to 1080p; else frames of the demo's invented colon.
The gestures are made from the true mask as a hand would make them: a click in the middle, a box around it, a stroke
and a push along its border. What the window adds (lane, preview, painting) is not in it.
"""

import argparse
import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import ROOT, Figure, exact_range, median, note, percentile, print_report, timed
from polypviewer.core.field_of_view import find_field_of_view
from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import Mask
from polypviewer.core.region import Scene, painted, region_of
from polypviewer.core.regions.edge_brush import EdgeTip
from polypviewer.core.regions.fill import fill_region
from polypviewer.core.regions.grabcut import grabcut_region
from polypviewer.core.regions.livewire import LiveWire
from polypviewer.core.regions.morphology import grow, smooth
from polypviewer.core.regions.nudge import Nudge
from polypviewer.core.regions.polygon import polygon_region
from polypviewer.core.regions.seeds import LESION_SEED, grow_from_seeds
from polypviewer.core.regions.wand import wand_region
from polypviewer.datasets.demo_scene import Camera, Look, render
from polypviewer.datasets.demo_wall import Polyp, make_wall

HEIGHT, WIDTH = 1080, 1920
REAL = ROOT.parent / "shared" / "data" / "cvc-clinicdb-sequences"
QUICK_BAR_MS, SMART_BAR_MS, STROKE_BAR_MS, PATH_BAR_MS = 150.0, 500.0, 3.0, 10.0
"""Of a step that must feel at once, of one that may take a moment, of a dab or push, of a path under the hand."""

Gesture = Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A lesion in a frame: the scene with it painted in slot 1, its middle, its border as `(n, 2)` x, y, its box."""

    scene: Scene
    middle: Point
    border: NDArray[np.int32]
    box: Rect

    def at(self, share: float) -> Point:
        """A point of the border, `share` (0-1) of the way around."""
        x, y = self.border[int(share * len(self.border)) % len(self.border)]
        return Point(float(x) + 0.5, float(y) + 0.5)


def place(image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Place:
    """A frame and its 0/1 mask of any size, as a place at 1080p."""
    pixels = np.asarray(cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    soft = cv2.GaussianBlur(cv2.resize(mask.astype(np.float32), (WIDTH, HEIGHT)), (0, 0), 3)
    lesion: Mask = np.asarray(soft) > 0.5
    contours, _ = cv2.findContours(lesion.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    depth = np.asarray(cv2.distanceTransform(np.pad(lesion, 1).astype(np.uint8), cv2.DIST_L2, 5))[1:-1, 1:-1]
    row, column = (int(at) for at in np.unravel_index(int(depth.argmax()), depth.shape))
    scene = Scene(pixels, lesion.astype(np.uint8), find_field_of_view(pixels).mask)
    border = np.asarray(max(contours, key=len)[:, 0], np.int32)
    return Place(scene, Point(column + 0.5, row + 0.5), border, region_of(lesion).rect.grown(10))


def real_places(folder: Path, *, count: int) -> Iterator[Place]:
    """Frames spread over the sequences."""
    paths = sorted((folder / "images").glob("*.png"), key=lambda path: int(path.stem))
    for path in paths[:: max(1, len(paths) // count)][:count]:
        pixels = cv2.imread(str(path))
        mask = cv2.imread(str(folder / "masks" / path.name), cv2.IMREAD_GRAYSCALE)
        if pixels is not None and mask is not None:
            yield place(np.ascontiguousarray(pixels[..., ::-1]).astype(np.uint8), (mask > 127).astype(np.uint8))


def invented_places(*, count: int) -> Iterator[Place]:
    """Polyps of the demo's colon, each in a wall of its own."""
    for seed in range(count):
        random = np.random.default_rng(seed)
        angle, radius = float(random.uniform(0, 2 * np.pi)), float(random.uniform(0.3, 0.5))
        polyp = Polyp(2.6, angle, radius, 0.6 * radius, (1.08, 0.85, 0.85), 0.1, 0.0)
        camera = Camera(
            1.5, -0.2 * math.cos(angle), -0.2 * math.sin(angle), 0.3 * math.cos(angle), 0.3 * math.sin(angle)
        )
        look = Look((0.88, 0.33, 0.22), mix=0.05, gain=1.0, grain=2.5, corner=0.3)
        image, labels = render(make_wall(random, (polyp,)), camera, look, random)
        if labels.any():
            yield place(image, (labels > 0).astype(np.uint8))


def gestures(at: Place, *, turn: int) -> dict[str, Gesture]:
    """One gesture of each tool at a place; `turn` moves it along, so that no run repeats another."""
    scene, share = at.scene, 0.13 * turn % 1
    bare = replace(scene, labels=np.zeros_like(scene.labels))
    start, end = at.at(share), at.at(share + 0.15)
    step = Point(start.x + 4, start.y + 3)
    seeds = np.zeros_like(scene.labels)
    seeds[int(at.middle.y), int(at.middle.x)] = LESION_SEED
    lasso = [Point(float(x), float(y)) for x, y in at.border[::3]]
    wire, tip, nudge = LiveWire(scene.image), EdgeTip(scene.image, at.middle), Nudge(scene.labels > 0)
    anchored = wire.anchored(start)
    size = {"height": HEIGHT, "width": WIDTH}
    return {
        "wand": lambda: painted(bare, wand_region(bare, at.middle, tolerance=12.0), value=1),
        "fill": lambda: painted(scene, fill_region(scene, at.middle), value=2),
        "lasso": lambda: painted(bare, polygon_region(lasso, **size), value=1),
        "livewire_anchor": functools.partial(wire.anchored, start),
        "livewire_path": functools.partial(anchored.path_to, end),
        "edge_press": lambda: EdgeTip(scene.image, start),
        "edge_dab": lambda: tip.dab(start, step, 40.0, **size),
        "nudge_press": lambda: Nudge(scene.labels > 0),
        "nudge_push": lambda: nudge.mask_in(nudge.push(start, step, 60.0)),
        "grow": lambda: grow(scene, slot=1),
        "smooth": lambda: smooth(scene, slot=1),
        "grabcut": lambda: grabcut_region(bare, at.box),
        "grabcut_whole_frame": lambda: grabcut_region(bare, Rect(0, 0, WIDTH, HEIGHT)),
        "random_walker": lambda: grow_from_seeds(bare, seeds),
    }


def measure(places: list[Place], *, turns: int) -> dict[str, list[float]]:
    """Milliseconds of each tool over all places; one gesture of each is not counted."""
    took: dict[str, list[float]] = {}
    for tool in gestures(places[0], turn=0).values():
        tool()
    for at in places:
        for turn in range(turns):
            for name, tool in gestures(at, turn=turn).items():
                with timed(took.setdefault(name, [])):
                    tool()
    return {name: [1000 * one for one in seconds] for name, seconds in took.items()}


def figures(took: dict[str, list[float]]) -> dict[str, Figure]:
    """p95 of each tool against what a hand waits for, and the medians of what happens while it moves."""
    bars = {"grabcut": SMART_BAR_MS, "grabcut_whole_frame": SMART_BAR_MS, "random_walker": SMART_BAR_MS}
    bars |= {"livewire_path": PATH_BAR_MS}
    found = {
        f"{name}_1080p_p95_ms": Figure(ours=percentile(ms, 0.95), better="lower", bar=bars.get(name, QUICK_BAR_MS))
        for name, ms in took.items()
    }
    for name in ("edge_dab", "nudge_push"):
        found[f"{name}_1080p_median_ms"] = Figure(ours=median(took[name]), better="lower", bar=STROKE_BAR_MS)
    for name, ms in took.items():
        note(f"{name}: median {median(ms):.3g} ms, {exact_range(ms)}")
    return found


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer places and runs")
    quick: bool = parser.parse_args().quick
    count = 4 if quick else 12
    is_real = REAL.is_dir()
    note(f"{'real' if is_real else 'invented'} frames")
    places = list(real_places(REAL, count=count) if is_real else invented_places(count=count))
    print_report("smart_tools", figures(measure(places, turns=3 if quick else 10)))


if __name__ == "__main__":
    main()
