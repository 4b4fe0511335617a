"""An import that brings masks while somebody works: no mask covers work, and the screen shows what is on disk."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import LabelMap, polyp_mask
from polypviewer.core.review import ReviewStatus
from polypviewer.session.session import Session
from tests.session.projects import go, mask_of, opened, paint, until_saved

MASK = np.zeros((96, 128), np.uint8)
MASK[30:60, 40:90] = 255


@pytest.fixture
def session(session: Session) -> Session:
    """Nothing is proposed but by asking."""
    session.settings.set("propose_on_show", value=False)
    return session


@pytest.fixture
def with_masks(project: Path, tmp_path: Path) -> Path:
    """The project's own first two pictures, each with a mask."""
    root = tmp_path / "kvasir"
    (root / "masks").mkdir(parents=True)
    (root / "images").mkdir()
    for number in range(2):
        (root / "images" / f"{number}.png").write_bytes((tmp_path / "pictures" / f"picture-{number}.png").read_bytes())
        cv2.imwrite(str(root / "masks" / f"{number}.png"), MASK)
    return root


def import_all(qtbot: QtBot, session: Session, root: Path) -> None:
    with qtbot.waitSignal(session.media_changed, timeout=20_000):
        session.import_paths([root], ExamRule("one"))


def is_mask(labels: LabelMap) -> bool:
    return bool(np.array_equal(polyp_mask(labels), MASK > 0))


def reopened_masks(qtbot: QtBot, session: Session, project: Path) -> list[NDArray[np.uint8]]:
    """What the first two frames hold after a restart."""
    session.close()
    again = opened(qtbot, project)
    try:
        masks = []
        for ref in again.frames[:2]:
            go(qtbot, again, ref)
            masks.append(mask_of(again))
        return masks
    finally:
        again.close()


def test_the_mask_of_the_shown_frame_comes_on_the_screen(
    session: Session, with_masks: Path, project: Path, qtbot: QtBot
) -> None:
    import_all(qtbot, session, with_masks)
    qtbot.waitUntil(lambda: is_mask(mask_of(session)))
    assert session.statuses[session.frames[0]] is ReviewStatus.ACCEPTED
    paint(session, (10, 10))
    painted = mask_of(session)
    until_saved(qtbot, session)
    masks = reopened_masks(qtbot, session, project)
    assert np.array_equal(masks[0], painted)
    assert is_mask(masks[1])


def test_redo_after_an_import_makes_the_stroke_that_was_undone(
    session: Session, with_masks: Path, project: Path, qtbot: QtBot
) -> None:
    paint(session, (10, 10), (30, 10))
    painted = mask_of(session)
    session.undo()
    import_all(qtbot, session, with_masks)
    session.redo()
    assert np.array_equal(mask_of(session), painted)
    until_saved(qtbot, session)
    assert np.array_equal(reopened_masks(qtbot, session, project)[0], painted)


def test_the_stroke_in_the_air_goes_before_the_import(
    session: Session, with_masks: Path, project: Path, qtbot: QtBot
) -> None:
    session.begin_stroke(1)
    session.stroke_to(Point(10, 10), 5)
    import_all(qtbot, session, with_masks)
    painted = mask_of(session)
    assert painted.any()
    assert not is_mask(painted)
    until_saved(qtbot, session)
    assert np.array_equal(reopened_masks(qtbot, session, project)[0], painted)


def test_strokes_during_the_import_end_up_as_they_are_seen(
    session: Session, with_masks: Path, project: Path, qtbot: QtBot
) -> None:
    session.import_paths([with_masks], ExamRule("one"))
    for number in range(12):
        paint(session, (10 + 8 * number, 10 + 3 * number), radius=3)
        qtbot.wait(5)
    qtbot.waitUntil(lambda: session.statuses[session.frames[1]] is ReviewStatus.ACCEPTED)
    qtbot.wait(100)
    seen = mask_of(session)
    until_saved(qtbot, session)
    assert np.array_equal(reopened_masks(qtbot, session, project)[0], seen)
