"""How long the proposal takes to follow the threshold: components, outlines and mask at frame size."""

import argparse
import time
from dataclasses import replace
from uuid import UUID

import cv2
import numpy as np

from benchmarks.report import Figure, exact_range, median, note, percentile, print_report, timed
from polypviewer.core.geometry import Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import Geometry, Proposal, at_frame_size, pack_seen
from polypviewer.session.outlines import show_proposal

SIDE = 352
"""Height and width of the network's output."""
SIZES = {"1080p": (1080, 1920), "4K": (2160, 3840)}
BAR_MS = 16.0
"""One picture of a screen at 60 Hz, at 1080p."""


def proposal(height: int, width: int, *, noise: float) -> Proposal:
    """Seven smooth regions that rise to certainty and, where `noise` is above 0, a rough ground of that height."""
    rng = np.random.default_rng(7)
    ground = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(7):
        x, y, radius = (int(value) for value in rng.integers((70, 70, 10), (280, 280, 50)))
        cv2.circle(ground, (x, y), radius, 1.0, -1)
    ground = cv2.GaussianBlur(ground, (0, 0), 7) + noise * rng.random((SIDE, SIDE), np.float32)
    seen = np.zeros((height, width), np.uint8)
    cv2.circle(seen, (width // 2, height // 2), int(0.55 * height), 1, -1)
    box = Rect((width - height) // 2, 0, height, height)
    return Proposal(
        UUID(int=1),
        FrameRef(UUID(int=2), 0),
        np.clip(255 * ground, 0, 255).astype(np.uint8),
        Geometry(box, height, width),
        0.5,
        0.0005,
        "",
        "cpu",
        0.0,
        pack_seen(seen > 0),
    )


def drag(made: Proposal, *, moves: int) -> list[float]:
    """Milliseconds of each move of a slider from 0.05 to 0.95, with a picture's pause between."""
    ready = at_frame_size(made)
    taken: list[float] = []
    for threshold in np.linspace(0.05, 0.95, moves):
        with timed(taken):
            show_proposal(ready, threshold=float(threshold), dismissed=frozenset())
        time.sleep(0.005)
    return [1000 * seconds for seconds in taken]


def prepare(made: Proposal, *, times: int) -> list[float]:
    """Milliseconds to bring a proposal to frame size, once for each frame."""
    taken: list[float] = []
    for _ in range(times):
        with timed(taken):
            at_frame_size(replace(made))
    return [1000 * seconds for seconds in taken]


def figures_of(size: str, *, moves: int) -> dict[str, Figure]:
    """A slider that is dragged over smooth regions and over a rough ground; what a new frame costs once."""
    height, width = SIZES[size]
    note(f"dragging the threshold at {size}")
    smooth, rough = (proposal(height, width, noise=noise) for noise in (0.0, 0.08))
    taken, over_noise, once = drag(smooth, moves=moves), drag(rough, moves=moves), prepare(smooth, times=9)
    bar = BAR_MS if size == "1080p" else None
    return {
        f"threshold_{size}_median_ms": Figure(ours=median(taken), better="lower", bar=bar, why=exact_range(taken)),
        f"threshold_{size}_p99_ms": Figure(ours=percentile(taken, 0.99), better="lower", bar=bar),
        f"threshold_over_noise_{size}_median_ms": Figure(
            ours=median(over_noise), better="lower", why=exact_range(over_noise)
        ),
        f"once_a_frame_{size}_median_ms": Figure(ours=median(once), better="lower", why=exact_range(once)),
    }


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer moves of the slider")
    moves = 40 if parser.parse_args().quick else 200
    print_report("threshold", {name: row for size in SIZES for name, row in figures_of(size, moves=moves).items()})


if __name__ == "__main__":
    main()
