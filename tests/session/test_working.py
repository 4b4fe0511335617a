"""Import, proposals, export and training in a session: real pictures, the shipped model, trainers that misbehave."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.geometry import Point
from polypviewer.core.review import ReviewStatus
from polypviewer.session.exporting import FormatName
from polypviewer.session.messages import Message
from polypviewer.session.session import Session
from polypviewer.session.values import Progress, TrainingPhase, TrainingState
from tests.session.fake_trainers import trainer
from tests.session.projects import codes, go, opened, paint, picture, until_saved, write_pictures


@pytest.fixture
def session(session: Session, qtbot: QtBot) -> Session:
    """With the shipped model loaded and the first frame's proposal shown."""
    qtbot.waitUntil(lambda: session.proposal is not None, timeout=30_000)
    return session


# --- proposals ---


def test_the_shown_frame_gets_a_proposal_and_the_device_that_ran_is_named(session: Session, qtbot: QtBot) -> None:
    shown = session.proposal
    assert shown is not None
    assert shown.proposal.frame == session.current
    assert shown.mask.shape == (96, 128)
    assert session.device is not None
    assert session.device.ran == "cpu"
    assert session.device.milliseconds is not None
    assert session.statuses[session.frames[0]] is ReviewStatus.PROPOSED


def test_outlines_surround_what_is_proposed(session: Session, qtbot: QtBot) -> None:
    session.set_threshold(0.001)
    qtbot.waitUntil(lambda: session.proposal is not None and session.proposal.threshold == 0.001)
    shown = session.proposal
    assert shown is not None
    assert shown.components
    for component in shown.components:
        points = np.concatenate([outline for number, outline in shown.outlines if number == component.number])
        assert points[:, 0].min() == pytest.approx(component.rect.x, abs=0.3)
        assert points[:, 0].max() == pytest.approx(component.rect.right, abs=0.3)
        assert points[:, 1].min() == pytest.approx(component.rect.y, abs=0.3)
        assert points[:, 1].max() == pytest.approx(component.rect.bottom, abs=0.3)


def lowest_threshold(qtbot: QtBot, session: Session) -> None:
    """Show so much of the proposal that there is something to accept."""
    session.set_threshold(0.001)
    qtbot.waitUntil(lambda: session.proposal is not None and bool(session.proposal.mask.any()), timeout=10_000)


def test_accepting_with_nothing_painted_takes_the_proposal_as_it_is_shown(session: Session, qtbot: QtBot) -> None:
    lowest_threshold(qtbot, session)
    shown = session.proposal
    assert shown is not None
    session.accept(stay=True)
    draft = session.draft
    assert draft is not None
    assert np.array_equal(draft.label_map > 0, shown.mask)
    assert session.statuses[session.frames[0]] is ReviewStatus.ACCEPTED
    until_saved(qtbot, session)


def test_a_dismissed_region_is_not_accepted_and_undo_brings_it_back(
    session: Session, qtbot: QtBot, messages: list[Message]
) -> None:
    lowest_threshold(qtbot, session)
    shown = session.proposal
    assert shown is not None
    row, column = (int(value) for value in np.argwhere(shown.mask)[0])
    session.dismiss_at(Point(column + 0.5, row + 0.5))
    after = session.proposal
    assert after is not None
    assert not after.mask[row, column]
    session.dismiss_at(Point(column + 0.5, row + 0.5))
    assert codes(messages)[-1] == "edit.no_component"
    session.undo()
    again = session.proposal
    assert again is not None
    assert again.mask[row, column]
    until_saved(qtbot, session)


def test_a_proposal_that_comes_late_never_changes_what_is_painted(session: Session, qtbot: QtBot) -> None:
    go(qtbot, session, session.frames[1])
    paint(session, (20, 20))
    draft = session.draft
    assert draft is not None
    painted = draft.label_map.copy()
    qtbot.waitUntil(lambda: session.proposal is not None, timeout=20_000)
    assert np.array_equal(draft.label_map, painted)
    session.accept(stay=True)
    assert np.array_equal(draft.label_map, painted)
    until_saved(qtbot, session)


def test_a_taken_proposal_can_be_corrected(session: Session, qtbot: QtBot, messages: list[Message]) -> None:
    lowest_threshold(qtbot, session)
    session.take_proposal()
    draft = session.draft
    assert draft is not None
    assert draft.label_map.any()
    session.take_proposal()
    assert codes(messages)[-1] == "edit.mask_there"
    until_saved(qtbot, session)


def test_all_frames_get_proposals_and_a_broken_one_does_not_stop_them(
    session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    (tmp_path / "pictures" / "picture-2.png").write_bytes(b"broken now")
    told: list[Progress] = []
    session.progress.connect(told.append)
    session.propose_all()
    qtbot.waitUntil(lambda: bool(told) and told[-1].ended, timeout=30_000)
    lights = [session.statuses[ref] for ref in session.frames]
    assert lights.count(ReviewStatus.PROPOSED) == 3
    assert lights[2] is ReviewStatus.UNREVIEWED
    done = next(one for one in messages if one.code == "propose.done")
    assert "1 could not be read" in done.text


def test_proposals_are_there_again_after_a_restart(session: Session, project: Path, qtbot: QtBot) -> None:
    assert session.proposal is not None
    first = session.proposal.proposal.id
    session.close()
    again = opened(qtbot, project)
    try:
        qtbot.waitUntil(lambda: again.proposal is not None, timeout=30_000)
        assert again.proposal is not None
        assert again.proposal.proposal.id == first
    finally:
        again.close()


def test_cuda_where_there_is_none_is_said_and_the_model_stays(
    session: Session, qtbot: QtBot, messages: list[Message]
) -> None:
    from polypviewer.segmentation.devices import cuda_obstacle

    if not cuda_obstacle():
        pytest.skip("CUDA works on this machine")
    session.set_device("cuda")
    qtbot.waitUntil(lambda: bool(messages), timeout=20_000)
    assert "CUDA" in messages[0].text
    assert session.device is not None
    assert session.device.ran == "cpu"
    session.propose()
    qtbot.waitUntil(lambda: session.proposal is not None)


# --- import and export ---


def test_a_broken_file_is_one_marked_entry_and_the_rest_is_imported(
    session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    folder = tmp_path / "Anna Müller 1970"
    write_pictures(folder, 2)
    cv2.imwrite(str(folder / "other.png"), picture(77)[:, :, ::-1])
    (folder / "zero.jpg").write_bytes(b"")
    (folder / "text.png").write_text("hello", "utf-8")
    with qtbot.waitSignal(session.media_changed, timeout=20_000):
        session.import_paths([folder], ExamRule("folder"))
    assert len(session.frames) == 5
    broken = [item for item in session.frames.media if item.broken]
    assert len(broken) == 2
    assert all(item.exam.source == "folder" for item in broken)
    told = next(one for one in messages if one.code == "import.done")
    assert "1 imported, 2 already there, 2 cannot be read" in told.text
    until_saved(qtbot, session)
    stored = (tmp_path / "project" / "project.db").read_bytes()
    for identity in (b"Anna", b"1970", b"text.png"):
        assert identity not in stored


def test_masks_that_come_along_count_as_decided_until_somebody_paints_on_them(
    session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    root = tmp_path / "kvasir"
    (root / "images").mkdir(parents=True)
    (root / "masks").mkdir()
    mask = np.zeros((96, 128), np.uint8)
    mask[30:60, 40:90] = 255
    for number, size in ((50, mask), (51, mask[:40])):
        cv2.imwrite(str(root / "images" / f"{number}.png"), picture(number)[:, :, ::-1])
        cv2.imwrite(str(root / "masks" / f"{number}.png"), size)
    heard: list[Message] = []
    session.message.connect(heard.append)
    with qtbot.waitSignal(session.media_changed, timeout=20_000):
        session.import_paths([root], ExamRule("one"))
    assert len(session.frames) == 6
    assert session.statuses[session.frames[4]] is ReviewStatus.ACCEPTED
    assert session.statuses[session.frames[5]] is ReviewStatus.UNREVIEWED
    assert "import.done_with_masks" in codes(heard)
    assert "import.masks_refused" in codes(heard)
    go(qtbot, session, session.frames[4])
    draft = session.draft
    assert draft is not None
    assert np.array_equal(draft.label_map > 0, mask > 0)
    assert session.begin_stroke(1)
    session.stroke_to(Point(9.0, 9.0), 3.0)
    session.end_stroke()
    assert session.statuses[session.frames[4]] is ReviewStatus.EDITED
    until_saved(qtbot, session)


def test_the_exported_mask_equals_the_corrected_one_bit_for_bit(
    session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    paint(session, (40, 40), (80, 50))
    draft = session.draft
    assert draft is not None
    truth = draft.label_map > 0
    session.accept(stay=True)
    go(qtbot, session, session.frames[1])
    session.state_no_polyp(stay=True)
    formats: tuple[FormatName, ...] = ("kvasir", "coco")
    for name in formats:
        with qtbot.waitSignal(session.message, timeout=20_000, check_params_cb=lambda one: one.code == "export.done"):
            session.export(tmp_path / name, name)
    masks = sorted((tmp_path / "kvasir" / "masks").iterdir())
    written = cv2.imread(str(masks[0]), cv2.IMREAD_UNCHANGED)
    assert written is not None
    assert np.array_equal(written.reshape(96, 128, -1)[:, :, 0] > 127, truth)
    card = json.loads((tmp_path / "kvasir" / "dataset.json").read_text("utf-8"))
    assert card["counts"]["frames"] == 2
    session.export(tmp_path / "kvasir", "kvasir")
    qtbot.waitUntil(lambda: "dataset.destination_in_use" in codes(messages), timeout=10_000)


def test_with_nothing_decided_there_is_nothing_to_export_or_to_train_on(
    session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    session.export(tmp_path / "out", "coco")
    qtbot.waitUntil(lambda: "export.nothing" in codes(messages), timeout=10_000)
    assert not (tmp_path / "out").exists()
    session.fine_tune()
    qtbot.waitUntil(lambda: session.training.phase is TrainingPhase.FAILED, timeout=10_000)
    assert session.training.error_code == "training.nothing"


# --- training ---


def decide_all(qtbot: QtBot, session: Session) -> None:
    for ref in session.frames:
        go(qtbot, session, ref)
        paint(session, (64, 48), radius=20)
        session.accept(stay=True)
    until_saved(qtbot, session)


def train(qtbot: QtBot, session: Session, command: tuple[str, ...]) -> TrainingState:
    session.finetuning.command = command
    session.fine_tune()
    qtbot.waitUntil(lambda: not session.training.is_active, timeout=60_000)
    return session.training


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [("crash", "training.crashed"), ("half", "training.crashed"), ("no bundle", "training.bundle"),
     ("no torch", "training.no_torch"), ("error", "training.told")],
)  # fmt: skip
def test_a_trainer_that_fails_changes_nothing_and_leaves_nothing(
    behaviour: str, code: str, session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    decide_all(qtbot, session)
    before = session.bundle
    state = train(qtbot, session, trainer(tmp_path, behaviour))
    assert state.phase is TrainingPhase.FAILED
    assert state.error_code == code
    assert messages[-1].code == code
    assert messages[-1].cure
    assert session.bundle is before
    paint(session, (20, 20))
    until_saved(qtbot, session)
    assert list((tmp_path / "project" / "runs").iterdir()) == []


def test_stop_ends_a_training_and_leaves_nothing(
    session: Session, tmp_path: Path, qtbot: QtBot, messages: list[Message]
) -> None:
    decide_all(qtbot, session)
    session.finetuning.command = trainer(tmp_path, "obedient")
    session.fine_tune()
    qtbot.waitUntil(lambda: session.training.steps == 3, timeout=20_000)
    session.fine_tune()
    assert codes(messages)[-1] == "training.running"
    session.stop_training()
    qtbot.waitUntil(lambda: session.training.phase is TrainingPhase.STOPPED, timeout=20_000)
    until_saved(qtbot, session)
    qtbot.waitUntil(lambda: list((tmp_path / "project" / "runs").iterdir()) == [], timeout=5_000)


def test_closing_the_project_ends_the_training(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    decide_all(qtbot, session)
    session.finetuning.command = trainer(tmp_path, "obedient")
    session.fine_tune()
    qtbot.waitUntil(lambda: session.training.steps == 3, timeout=20_000)
    session.close()
    assert list((tmp_path / "project" / "runs").iterdir()) == []


@pytest.fixture
def small_model(isolated_settings: Path) -> str:
    """The digest of a tiny trainable bundle in the user's folder."""
    import torch

    from polypviewer.session.settings import home_folder
    from trainer.export import CardFacts, write_bundle
    from trainer.models.registry import Architecture, build_network

    torch.manual_seed(0)
    small = Architecture("unet", {"widths": [4, 8]})
    facts = CardFacts("small", "0", small, (64, 64), "tests", (), {"weights": "none", "pretraining": "none"})
    return write_bundle(home_folder() / "models" / "small", build_network(small), facts).digest


def use(qtbot: QtBot, session: Session, digest: str) -> None:
    session.use_bundle(digest)
    qtbot.waitUntil(lambda: session.bundle is not None and session.bundle.digest == digest, timeout=20_000)


@pytest.mark.torch
def test_a_real_training_gives_a_model_that_can_be_switched_to_and_back(
    small_model: str, project: Path, qtbot: QtBot
) -> None:
    session = opened(qtbot, project)
    try:
        qtbot.waitUntil(lambda: session.bundle is not None, timeout=20_000)
        assert session.bundle is not None
        assert session.bundle.digest != small_model
        use(qtbot, session, small_model)
        base = session.bundle
        decide_all(qtbot, session)
        session.set_setting("finetune_steps", 2)
        session.fine_tune()
        qtbot.waitUntil(lambda: not session.training.is_active, timeout=120_000)
        state = session.training
        assert state.phase is TrainingPhase.DONE, state.error
        assert [point.step for point in state.losses] == [1, 2]
        assert session.bundle is base
        new = next(bundle for bundle in session.bundles if bundle.digest == state.digest)
        assert new.card.parent == small_model
        for digest in (new.digest, small_model, new.digest):
            use(qtbot, session, digest)
    finally:
        session.close()
    again = opened(qtbot, project)
    try:
        qtbot.waitUntil(lambda: again.bundle is not None, timeout=30_000)
        assert again.bundle is not None
        assert again.bundle.digest == new.digest
    finally:
        again.close()
