"""Reading pixels: what is worked out for a frame that is shown, and for one that a job reads."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np
import pytest

from polypviewer.core.identity import FrameRef
from polypviewer.core.screen_pixels import ShownAt
from polypviewer.session.frames import FrameReader

REF = FrameRef(uuid4(), 0)
SMALL = ShownAt((80.0, 60.0), 1.0)


@pytest.fixture
def reader() -> Iterator[FrameReader]:
    made = FrameReader()
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "frame.png"
    cv2.imwrite(str(path), np.random.default_rng(3).integers(60, 200, (120, 160, 3), dtype=np.uint8))
    return path


def test_a_job_gets_pixels_and_nothing_that_only_a_window_needs(reader: FrameReader, file: Path) -> None:
    pixels = reader.load(file, REF)
    assert pixels.image.shape == (120, 160, 3)
    assert pixels.field is None
    assert pixels.screen is None


def test_a_frame_to_be_shown_comes_with_its_field_and_its_picture(reader: FrameReader, file: Path) -> None:
    pixels = reader.load_to_show(file, REF, SMALL)
    assert pixels.field is not None
    assert pixels.field.shape == (120, 160)
    assert pixels.screen is not None
    assert pixels.screen.fits(SMALL)
    assert pixels.screen.source is pixels.image


def test_before_a_window_has_said_its_size_a_frame_comes_at_full_size(reader: FrameReader, file: Path) -> None:
    """A window's first frame must not be turned into screen pixels on its own thread."""
    pixels = reader.load_to_show(file, REF, None)
    assert pixels.field is not None
    assert pixels.screen is not None
    assert pixels.screen.source is pixels.image
    assert pixels.screen.whole.shape == (120, 160, 4)
    assert pixels.screen.reduced is None
    again = reader.load_to_show(file, REF, SMALL)
    assert again.screen is not None
    assert again.screen.fits(SMALL)


def test_what_was_made_for_the_window_is_kept(reader: FrameReader, file: Path) -> None:
    first = reader.load_to_show(file, REF, SMALL)
    again = reader.load_to_show(file, REF, SMALL)
    assert again.field is first.field
    assert again.screen is first.screen
    assert reader.load(file, REF).image is first.image
