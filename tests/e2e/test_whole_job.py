"""The main job in the real window: import, propose, paint, erase, accept, undo, reopen, fine-tune, switch, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap, has_polyp, polyp_mask
from polypviewer.core.review import ReviewStatus
from polypviewer.datasets.demo import generate_demo
from polypviewer.media.image import read_image
from polypviewer.media.write import write_video
from polypviewer.session.session import Session
from polypviewer.session.values import TrainingPhase
from polypviewer.ui.actions import Layout
from tests.e2e.hand import Hand
from tests.mouse import glide

CONTROL = Qt.KeyboardModifier.ControlModifier
RIGHT_BUTTON = Qt.MouseButton.RightButton
STILLS = 4


@pytest.fixture
def hand(qapp: object) -> Iterator[Hand]:
    made = Hand()
    yield made
    made.close()


@pytest.fixture(params=["real", "demo"])
def material(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """Still images, where they lie, and a video of a sequence."""
    if request.param == "demo":
        made = generate_demo(tmp_path / "demo", seed=3, write_video=write_video, exams=2, stills=2, clip_frames=12)
        return [*made.stills, made.clip]
    data: Path = request.getfixturevalue("shared_data")
    sequence = sorted((data / "cvc-clinicdb-sequences" / "images").iterdir(), key=lambda path: int(path.stem))[:12]
    clip = tmp_path / "sequence of ü.mp4"
    write_video(clip, (read_image(path) for path in sequence), frame_rate=25)
    return [*sorted((data / "kvasir-seg" / "images").iterdir())[:STILLS], clip]


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.timeout(400)
def test_a_reader_does_the_whole_job_and_finds_everything_again(
    hand: Hand, material: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "study"
    hand.create(project, monkeypatch)
    import_material(hand, material)
    drawn = correct_the_first_frame(hand)
    decide_the_other_stills(hand)
    paint_in_the_video(hand, material[-1])
    before = {ref: hand.session.statuses[ref] for ref in hand.session.frames}
    hand.until_kept()
    hand.close()

    again = Hand()
    try:
        again.open(project)
        assert {ref: again.session.statuses[ref] for ref in again.session.frames} == before
        first = again.session.frames[0]
        again.session.go_to(first)
        again.until(lambda: again.session.current == first, what="the first frame")
        assert again.session.draft is not None
        assert np.array_equal(again.session.draft.label_map, drawn)
        undo_still_works(again, drawn)
        fine_tune_and_switch(again)
        export_and_compare(again, tmp_path / "out", drawn, monkeypatch)
    finally:
        again.close()


def import_material(hand: Hand, material: list[Path]) -> None:
    hand.drop(material)
    dialog = hand.dialog()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    hand.until(lambda: len(hand.session.frames) == STILLS + 12, what="all media in the strip", seconds=60)
    hand.until(lambda: hand.session.current is not None, what="the first frame")
    hand.come_back()


def correct_the_first_frame(hand: Hand) -> LabelMap:
    """Brush, right button, eraser, Escape, and Enter; returns the pixels at that moment."""
    session = hand.session
    hand.until_proposed()
    assert session.draft is not None
    untouched = session.draft.label_map.copy()
    assert not untouched.any()
    hand.key(Qt.Key.Key_B)
    hand.drag([(0.4, 0.4), (0.5, 0.5), (0.6, 0.45)])
    painted = session.draft.label_map.copy()
    assert polyp_mask(painted)[tuple(int(0.5 * side) for side in painted.shape)]
    hand.drag([(0.6, 0.45), (0.58, 0.46)], button=RIGHT_BUTTON)
    assert polyp_mask(session.draft.label_map).sum() < polyp_mask(painted).sum()
    hand.key(Qt.Key.Key_E)
    hand.drag([(0.4, 0.4), (0.41, 0.41)])
    before_escape = session.draft.label_map.copy()
    place = hand.at(0.5, 0.5)
    QTest.mousePress(hand.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    glide(hand.canvas, hand.at(0.55, 0.55))
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(hand.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert np.array_equal(session.draft.label_map, before_escape)
    first, drawn = session.frames[0], session.draft.label_map.copy()
    hand.step_to(lambda: hand.key(Qt.Key.Key_Return))
    assert session.statuses[first] is ReviewStatus.CORRECTED
    return drawn


def decide_the_other_stills(hand: Hand) -> None:
    """Accept a proposal as it is, or state that there is no polyp; needs work for one."""
    session = hand.session
    for number in range(1, STILLS - 1):
        ref = session.frames[number]
        assert session.current == ref
        hand.until_proposed()
        proposal = session.proposal
        assert proposal is not None
        assert session.draft is not None
        assert not session.draft.label_map.any(), "a proposal was painted into the mask"
        expected = proposal.mask
        key = Qt.Key.Key_Return if expected.any() else Qt.Key.Key_R
        hand.step_to(partial(hand.key, key))
        wanted = ReviewStatus.ACCEPTED if expected.any() else ReviewStatus.NO_POLYP
        assert session.statuses[ref] is wanted
    hand.key(Qt.Key.Key_N)
    assert session.statuses[session.frames[STILLS - 1]] is ReviewStatus.NEEDS_WORK
    hand.step_to(lambda: hand.key(Qt.Key.Key_A))
    hand.step_to(lambda: hand.key(Qt.Key.Key_D))


def paint_in_the_video(hand: Hand, clip: Path) -> None:
    """Frame 5 of the clip, by keys; what is shown is that frame and no other."""
    session = hand.session
    hand.window.use_layout(Layout.VIDEO)
    video = session.frames[STILLS].media_id
    hand.step_to(lambda: hand.key(Qt.Key.Key_D))
    for _ in range(5):
        hand.step_to(lambda: hand.key(Qt.Key.Key_D))
    assert session.current == FrameRef(video, 5)
    capture = cv2.VideoCapture(str(clip))
    frames = [capture.read()[1] for _ in range(12)]
    capture.release()
    assert session.image is not None
    errors = [np.abs(frame[..., ::-1].astype(int) - session.image).mean() for frame in frames]
    assert int(np.argmin(errors)) == 5
    hand.key(Qt.Key.Key_B)
    hand.drag([(0.3, 0.5), (0.45, 0.5)])
    hand.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert session.current == FrameRef(video, 5)
    assert session.statuses[FrameRef(video, 5)] is ReviewStatus.CORRECTED


def undo_still_works(hand: Hand, drawn: LabelMap) -> None:
    """Everything back to the first press, frame by frame, and all of it forth again."""
    session = hand.session
    steps = len(session.history.done)
    assert steps >= 8
    for number in range(steps):
        hand.key(Qt.Key.Key_Z, CONTROL)
        hand.until(partial(has_done, session, steps - number - 1), what="one undone step")
    lights = {session.statuses[ref] for ref in session.frames}
    assert lights <= {ReviewStatus.UNREVIEWED, ReviewStatus.PROPOSED}
    assert session.draft is not None
    assert session.current == session.frames[0]
    assert not session.draft.label_map.any()
    for number in range(steps):
        hand.key(Qt.Key.Key_Y, CONTROL)
        hand.until(partial(has_done, session, number + 1), what="one step made again")
    first = session.frames[0]
    session.go_to(first)
    hand.until(lambda: session.current == first, what="the first frame")
    assert np.array_equal(session.draft.label_map, drawn)


def has_done(session: Session, steps: int) -> bool:
    return len(session.history.done) == steps


def fine_tune_and_switch(hand: Hand) -> None:
    """A few steps in a real process; then to the new model, and back."""
    session = hand.session
    session.set_setting("finetune_steps", 3)
    hand.until(lambda: session.bundle is not None, what="the bundled model")
    assert session.bundle is not None
    old = session.bundle.digest
    hand.key(Qt.Key.Key_T, CONTROL)
    ended = (TrainingPhase.DONE, TrainingPhase.FAILED, TrainingPhase.STOPPED)
    hand.until(lambda: session.training.phase in ended, what="the training to end", seconds=240)
    assert session.training.phase is TrainingPhase.DONE, session.training.error
    assert len(session.training.losses) == 3
    new = session.training.digest
    hand.until(lambda: new in {bundle.digest for bundle in session.bundles}, what="the new model in the list")
    session.use_bundle(new)
    hand.until(lambda: session.bundle is not None and session.bundle.digest == new, what="the new model")
    session.use_bundle(old)
    hand.until(lambda: session.bundle is not None and session.bundle.digest == old, what="the old model again")
    hand.window.use_layout(Layout.REVIEW)


def export_and_compare(hand: Hand, folder: Path, drawn: LabelMap, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exported mask of the corrected frame is what was painted, bit for bit."""
    hand.answer_folder(folder, monkeypatch)
    hand.command("Export as images and masks")
    hand.until(lambda: any(m.code == "export.done" for m in hand.messages), what="the export", seconds=60)
    about = json.loads((folder / "dataset.json").read_text())
    masks = sorted((folder / "masks").iterdir())
    assert len(masks) == len(about["items"]) == about["counts"]["frames"]
    stored = [np.asarray(Image.open(path)) for path in masks]
    wanted = np.where(polyp_mask(drawn), 255, 0).astype(np.uint8)
    assert has_polyp(drawn)
    assert sum(mask.shape == wanted.shape and np.array_equal(mask, wanted) for mask in stored) == 1
