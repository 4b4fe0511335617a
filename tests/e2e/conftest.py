"""A hand at a small frame for every test of tools in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # a conftest that needs Qt would end the run on a machine that lacks its libraries
    from tests.e2e.bench import Bench
    from tests.e2e.frames import SmallFrames


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> SmallFrames:
    """Two small generated frames; the lesion of the first is known."""
    from tests.e2e.frames import small_frames

    return small_frames(tmp_path_factory.mktemp("frames"))


@pytest.fixture
def bench(qapp: object, frames: SmallFrames, tmp_path: Path) -> Iterator[Bench]:
    """The real window on a project of these frames, the brush of 12 pixels at hand."""
    from tests.e2e.bench import Bench
    from tests.e2e.frames import make_small_project
    from tests.e2e.hand import Hand

    hand = Hand(width=1000, height=720)
    try:
        hand.session.settings.set("propose_on_show", False)
        hand.open(make_small_project(tmp_path, frames))
        hand.until(lambda: hand.session.field is not None, what="the field of view")
        hand.canvas.hand.change_radius(6.0)
        yield Bench(hand, frames.truth)
    finally:
        hand.close()
