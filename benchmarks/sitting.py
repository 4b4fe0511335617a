"""The real window on a real project, in a process of its own: what a benchmark does with its mouse, keys and eyes.

Images are made here from a fixed seed; a project of them is made by the parts that the command line uses.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import ROOT, note

__all__ = [
    "NoResultError",
    "answer",
    "frame",
    "make_project",
    "measured_by",
    "ourselves",
    "put_large_proposal",
    "strokes",
]

PATIENCE_S = 240.0


class NoResultError(Exception):
    """A process ended, or took too long, without the figures that it was started for."""


def frame(height: int, width: int, *, seed: int = 7) -> NDArray[np.uint8]:
    """`(height, width, 3)` uint8 RGB with smooth structure, about as large on disk as a real frame."""
    noise = np.random.default_rng(seed).integers(0, 255, (34, 60, 3), dtype=np.uint8)
    smooth: NDArray[np.uint8] = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    return smooth


def make_project(folder: Path, *, height: int, width: int, count: int = 1) -> Path:
    """A project of `count` JPEGs of this size below `folder`."""
    from polypviewer.core.exam_rules import ExamRule
    from polypviewer.core.record import ExamKey
    from polypviewer.session.importing import import_media
    from polypviewer.session.jobs import project_for_command
    from polypviewer.session.store_door import direct_door
    from polypviewer.storage import create_project

    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    paths = [pictures / f"frame-{number:03d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), frame(height, width, seed=number)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    project = folder / "project"
    create_project(project, name="Speed")
    with project_for_command(project, reader="AB", writes=True) as store:
        import_media(
            direct_door(store), paths, ExamRule("unknown"), tell=lambda _progress: None, exam=ExamKey("E-1", "given")
        )
    return project


def put_large_proposal(project: Path, *, height: int, width: int, share: float = 0.3) -> None:
    """Store a proposal for each frame, as the model that comes along makes them: an ellipse over `share` of it."""
    import resources
    from polypviewer.core.geometry import whole
    from polypviewer.core.identity import FrameRef
    from polypviewer.core.proposal import Geometry, Proposal, pack_seen
    from polypviewer.segmentation import choose_bundle
    from polypviewer.session.jobs import project_for_command
    from polypviewer.session.models import STANDARD
    from polypviewer.session.stored import put_proposal

    bundle = choose_bundle(STANDARD["cpu"], resources.path("models"))
    rows, columns = np.mgrid[-1:1:256j, -1:1:256j]
    away = np.hypot(rows, columns) / np.sqrt(4 * share / np.pi) + 0.02 * np.sin(9 * np.arctan2(rows, columns))
    probability = np.clip(255 * (0.5 + 4 * (1 - away)), 0, 255).astype(np.uint8)
    seen = pack_seen(np.ones((height, width), np.bool_))
    with project_for_command(project, reader="AB", writes=True) as store:
        for item in store.media():
            put_proposal(
                store,
                Proposal(
                    uuid4(), FrameRef(item.id, 0), probability, Geometry(whole(height, width), height, width), 0.5, 0.0,
                    bundle.digest, "cpu", 10.0, seen,
                ),
            )  # fmt: skip


def strokes(count: int, points: int) -> list[list[tuple[float, float]]]:
    """`count` arcs around the middle of the frame, `points` places each, as fractions of width and height."""
    drawn = []
    for number in range(count):
        turn = np.linspace(0.4 * number, 0.4 * number + 1.7 * np.pi, points)
        x = 0.5 + (0.18 + 0.015 * number) * np.cos(turn)
        y = 0.5 + (0.2 + 0.015 * number) * np.sin(1.3 * turn)
        drawn.append([(round(float(a), 5), round(float(b), 5)) for a, b in zip(x, y, strict=True)])
    return drawn


def measured_by(command: Sequence[str], task: Mapping[str, Any], *, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run `command` with `task` as JSON behind it; the JSON object on the last line that it prints.

    Raises NoResultError with the process's last word.
    """
    try:
        done = subprocess.run(
            [*command, json.dumps(task)], env=dict(environment), cwd=ROOT, capture_output=True, text=True,
            check=False, timeout=PATIENCE_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NoResultError(f"no answer within {PATIENCE_S:.0f} s") from error
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        note(done.stderr[-2000:])
        raise NoResultError((done.stderr.strip().splitlines() or ["no message"])[-1])
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def ourselves(module: str) -> list[str]:
    """The command that runs a benchmark's own `sit` in a process of its own."""
    return [sys.executable, "-m", module, "--sit"]


def answer(sit: Callable[[dict[str, Any]], dict[str, Any]], task: str) -> None:
    """What the process does that `measured_by` has started."""
    print(json.dumps(sit(json.loads(task))), flush=True)
