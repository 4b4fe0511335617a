"""The project that every example of test_any_sequence begins with: three media, four frames, proposals for three."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
from PySide6.QtCore import QCoreApplication

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.geometry import Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.proposal import Geometry, Proposal, pack_seen
from polypviewer.media.write import write_png, write_video
from polypviewer.session.importing import import_media
from polypviewer.session.jobs import project_for_command
from polypviewer.session.models import choose, find_models
from polypviewer.session.store_door import direct_door
from polypviewer.session.stored import put_proposal
from polypviewer.storage import create_project, open_project

SIZES = ((33, 47), (25, 31), (36, 52), (36, 52))
"""Two stills of odd sizes and two frames of one video."""


@dataclass(frozen=True, slots=True)
class Template:
    """A project that every example gets a copy of, and the proposal that each frame has in it."""

    folder: Path
    proposals: dict[int, Proposal]
    application: QCoreApplication

    def copy(self) -> Path:
        """A fresh copy; its pictures stay where they are."""
        made = Path(tempfile.mkdtemp(dir=self.folder.parent)) / "project"
        shutil.copytree(self.folder, made)
        return made


def make_template(tmp_path: Path, application: QCoreApplication) -> Template:
    """Two stills of odd sizes and a video of two frames, all but the last with a proposal."""
    rng = np.random.default_rng(5)
    images = [rng.integers(60, 200, (*size, 3), np.uint8) for size in SIZES]
    paths = [tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.mp4"]
    for path, image in zip(paths[:2], images, strict=False):
        write_png(path, image)
    write_video(paths[2], images[2:], frame_rate=25, quality="lossless")
    folder = tmp_path / "project"
    create_project(folder, name="any")
    with project_for_command(folder, reader="A", writes=True) as store:
        import_media(direct_door(store), paths, ExamRule("unknown"), tell=lambda _progress: None)
    return Template(folder, propose(folder), application)


def propose(folder: Path) -> dict[int, Proposal]:
    """Give every frame but the last a proposal of two regions, as the shipped model's."""
    bundle = choose(find_models().bundles, None)
    assert bundle is not None
    store = open_project(folder, reader="A")
    try:
        refs = [FrameRef(item.id, index) for item in store.media() for index in range(item.frame_count)]
        made = {number: two_regions(number, refs[number], bundle.digest) for number in range(len(refs) - 1)}
        for proposal in made.values():
            put_proposal(store, proposal)
        return made
    finally:
        store.close()


def two_regions(number: int, ref: FrameRef, digest: str) -> Proposal:
    """A small region at the left and a large one at the right."""
    height, width = SIZES[number]
    probability = np.zeros((32, 32), np.uint8)
    probability[4:10, 3:9] = 200
    probability[12:28, 16:30] = 250
    geometry = Geometry(Rect(0, 0, width, height), height, width)
    seen = pack_seen(np.ones((height, width), np.bool_))
    return Proposal(UUID(int=77 + number), ref, probability, geometry, 0.5, 0.0, digest, "cpu", 1.0, seen)
