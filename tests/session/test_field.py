"""The field of view: found with the frame, the limit of the brush, corrected by a reader for the whole medium."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import Mask
from polypviewer.core.record import ExamKey
from polypviewer.core.stated_field import polygon_text, stated_mask
from polypviewer.segmentation import load_bundle
from polypviewer.session.importing import import_media
from polypviewer.session.job_writer import JobOrder, write_job
from polypviewer.session.jobs import project_for_command, propose_job
from polypviewer.session.session import Session
from polypviewer.session.settings import home_folder
from polypviewer.session.store_door import direct_door
from polypviewer.session.values import FieldView
from polypviewer.storage import create_project
from tests.segmentation.tiny_bundles import write_bundle
from tests.session.projects import READER, labels, opened, paint, quiet


def octagon(height: int = 240, width: int = 320) -> np.ndarray:
    """A frame as processors show it: tissue in an octagon, black around."""
    image = np.zeros((height, width, 3), np.uint8)
    corners = np.array([(80, 20), (240, 20), (300, 80), (300, 160), (240, 220), (80, 220), (20, 160), (20, 80)])
    cv2.fillPoly(image, [corners.astype(np.int32)], (200, 110, 90))
    return image


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    create_project(folder, name="Test")
    file = tmp_path / "octagon.png"
    cv2.imwrite(str(file), octagon()[:, :, ::-1])
    with project_for_command(folder, reader=READER, writes=True) as store:
        import_media(direct_door(store), [file], ExamRule("unknown"), tell=quiet, exam=ExamKey("E-0001", "given"))
    return folder


def field_of(session: Session) -> FieldView:
    assert session.field is not None
    return session.field


def test_the_field_is_there_with_the_frame(session: Session) -> None:
    assert field_of(session).origin == "found"
    tissue = octagon().any(axis=2)
    agreement = (field_of(session).mask & tissue).sum() / (field_of(session).mask | tissue).sum()
    assert agreement > 0.97
    assert len(field_of(session).outlines) == 1


def test_paint_cannot_leave_the_field_unless_told_to(session: Session) -> None:
    paint(session, (30, 30), (60, 60), radius=14)
    assert labels(session).any()
    assert not (labels(session)[~field_of(session).mask]).any()
    session.set_setting("paint_outside", True)
    paint(session, (5, 5), radius=3)
    assert labels(session)[5, 5] == 1


def test_the_eraser_is_not_held_by_the_field(session: Session) -> None:
    session.set_setting("paint_outside", True)
    paint(session, (5, 5), radius=3)
    session.set_setting("paint_outside", False)
    paint(session, (5, 5), radius=6, value=0)
    assert not labels(session).any()


def test_a_corrected_field_holds_after_a_restart_and_can_be_found_again(
    qtbot: QtBot, session: Session, project: Path
) -> None:
    corners = [Point(100, 60), Point(220, 60), Point(220, 180), Point(100, 180)]
    with qtbot.waitSignal(session.field_changed):
        session.correct_field(corners)
    assert field_of(session).origin == "corrected"
    assert field_of(session).mask.sum() == 120 * 120
    session.close()
    again = opened(qtbot, project)
    try:
        assert field_of(again).origin == "corrected"
        assert field_of(again).mask.sum() == 120 * 120
        paint(again, (90, 90), radius=15)
        assert not labels(again)[:, :100].any()
        with qtbot.waitSignal(again.field_changed):
            again.find_field()
        assert field_of(again).origin == "found"
        with qtbot.waitSignal(again.field_changed):
            again.take_whole_field()
        assert field_of(again).mask.all()
    finally:
        again.close()


def test_a_field_that_is_a_slip_of_the_hand_is_refused(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.message) as told:
        session.correct_field([Point(10, 10), Point(14, 10), Point(14, 14)])
    assert told.args is not None
    assert told.args[0].code == "field.too_small"
    assert field_of(session).origin == "found"


def test_the_field_of_a_still_is_not_kept_for_others(session: Session) -> None:
    assert field_of(session).origin == "found"
    assert not session.fields._united


def test_a_corrected_field_is_what_the_model_sees_and_what_a_job_says(
    qtbot: QtBot, session: Session, project: Path
) -> None:
    """The red network proposes tissue wherever it sees any: so its proposal is the field."""
    bundle = load_bundle(write_bundle(home_folder() / "models" / "red"))
    qtbot.waitUntil(lambda: session.bundle is not None, timeout=20_000)
    session.proposing.add_bundle(bundle)
    session.use_bundle(bundle.digest)
    qtbot.waitUntil(lambda: session.proposal is not None and bool(proposed(session)[30, 150]), timeout=20_000)
    corners = [Point(100, 60), Point(220, 60), Point(220, 180), Point(100, 180)]
    session.correct_field(corners)
    qtbot.waitUntil(lambda: session.proposal is not None and not bool(proposed(session)[30, 150]), timeout=20_000)
    assert proposed(session)[70:170, 110:210].all()
    assert not proposed(session)[field_of(session).mask == 0].any()
    paint(session, (150, 120), radius=20)
    session.accept(stay=True)
    session.close()
    with project_for_command(project, reader=READER, writes=True) as store:
        job = write_job(direct_door(store), JobOrder(project, bundle), tell=quiet)
        seen = cv2.imread(str(job.folder / "fov" / "000000.png"), cv2.IMREAD_GRAYSCALE)
        done = propose_job(store, bundle, device="cpu", tell=quiet)
    assert seen is not None
    assert np.array_equal(seen > 0, stated_mask(polygon_text(corners), height=240, width=320))
    assert done.proposed == 0


def proposed(session: Session) -> Mask:
    assert session.proposal is not None
    return session.proposal.mask
