"""A draft is the head revision and the journal rows behind it; undo is there after a restart, past revisions too."""

from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from polypviewer.core.command import Command, inverse
from polypviewer.core.draft import Draft
from polypviewer.core.errors import ProjectError
from polypviewer.core.history import rebuild_history
from polypviewer.core.label_map import empty_label_map
from polypviewer.session.keeper import JournalRow, Keeper, RevisionOrder
from polypviewer.storage import ProjectStore
from tests.storage.projects import (
    HEIGHT,
    WIDTH,
    box,
    decided,
    done,
    identity_of,
    make_project,
    opened,
    painted,
    pixels,
    plain,
    proposal_for,
    ref_of,
    stroke,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def revise(store: ProjectStore, draft: Draft) -> None:
    store.write_revision(draft, identity=identity_of(draft.frame))


def undo(store: ProjectStore, draft: Draft, command: Command) -> None:
    store.append(command, "undo")
    draft.apply_all(inverse(command))


def test_an_untouched_frame_is_an_empty_draft(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
    assert draft.label_map.shape == (HEIGHT, WIDTH)
    assert not draft.label_map.any()
    assert draft.values == {}


def test_strokes_without_a_revision_are_there_after_a_restart(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(2, 2))
        stroke(store, draft, box(6, 4), 2)
    with opened(project) as store:
        again = store.load_draft(ref_of(0))
        assert np.array_equal(again.label_map, draft.label_map)
        assert again.values == draft.values == {"origin": "drawn"}
        assert store.replayed.steps == 2
        assert store.replayed.frames == {ref_of(0)}
        assert not store.load_draft(ref_of(1)).label_map.any()


def test_a_draft_is_the_head_and_the_rows_behind_it(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(2, 2))
        revise(store, draft)
        stroke(store, draft, box(4, 3), 2)
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)
        assert store.replayed.steps == 1
        revise(store, store.load_draft(ref_of(0)))
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)
        assert store.replayed.steps == 0


def test_all_fields_and_lesions_of_a_draft_come_back_from_a_revision(project: Path) -> None:
    values = {
        "presence": "polyp",
        "decision": "needs_work",
        "decided_by": "single",
        "origin": "imported",
        "comment": "größer als 10 mm",
        "reason": "blurred",
        "dismissed": "1,2",
        "lesion:1": str(uuid4()),
        "lesion:7": str(uuid4()),
    }
    with opened(project) as store:
        revise(store, Draft(ref_of(0), pixels(box(1, 1)), values))
    with opened(project) as store:
        assert store.load_draft(ref_of(0)).values == values


def test_a_frame_whose_every_edit_was_taken_back_has_no_values_left(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        step = done(store, draft, (*painted(draft, box(2, 2)), *decided(ref_of(0))), kind="accept")
        revise(store, draft)
        undo(store, draft, step)
        revise(store, draft)
    with opened(project) as store:
        again = store.load_draft(ref_of(0))
        assert plain(again.values) == {}
        assert not again.label_map.any()


def test_undo_goes_past_a_revision_and_adds_one(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(2, 2))
        step = stroke(store, draft, box(20, 20))
        revise(store, draft)
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        undo(store, draft, step)
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2)))
        revise(store, draft)
        assert len(store.heads(ref_of(0))) == 1
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2)))


def test_the_history_is_built_again_after_a_restart(project: Path) -> None:
    with opened(project) as store:
        first, second = store.load_draft(ref_of(0)), store.load_draft(ref_of(1))
        a = stroke(store, first, box(1, 1))
        b = stroke(store, second, box(2, 2))
        revise(store, first)
        c = stroke(store, first, box(9, 9))
        undo(store, first, c)
        undo(store, second, b)
        store.append(b, "redo")
    with opened(project) as store:
        history = rebuild_history((row.action, row.command) for row in store.history_rows())
    assert history.done == (a, b)
    assert history.undone == (c,)


def test_another_reader_has_a_draft_and_a_history_of_their_own(project: Path) -> None:
    with opened(project, reader="anna") as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(1, 1))
        revise(store, draft)
    with opened(project, reader="berta") as store:
        assert not store.load_draft(ref_of(0)).label_map.any()
        assert list(store.history_rows()) == []
        assert store.replayed.steps == 0
        assert len(store.heads(ref_of(0))) == 1
        assert set(store.readers().values()) == {"anna", "berta"}


def test_a_command_over_two_frames_reaches_both(project: Path) -> None:
    with opened(project) as store:
        first, second = store.load_draft(ref_of(0)), store.load_draft(ref_of(1))
        both = Command(uuid4(), store.reader.id, "bulk", (*painted(first, box(1, 1)), *painted(second, box(5, 5))))
        store.append(both, "do")
        first.apply_all(both.changes)
        revise(store, first)
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(1, 1)))
        assert np.array_equal(store.load_draft(ref_of(1)).label_map, pixels(box(5, 5)))


def test_the_same_command_twice_is_one_row(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        step = stroke(store, draft, box(1, 1))
        assert store.append(step, "do") == store.journal.last_sequence
        undo(store, draft, step)
        last = store.journal.last_sequence
        assert store.append(step, "undo") == last
        assert not store.load_draft(ref_of(0)).label_map.any()
        store.append(step, "redo")
        store.append(step, "redo")
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(1, 1)))
        assert len(list(store.history_rows())) == 3


def test_trimming_keeps_what_no_revision_contains(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        for number in range(6):
            stroke(store, draft, box(number * 3, 1))
        assert store.trim_journal(budget_bytes=0) == 0
        revise(store, draft)
        kept = stroke(store, draft, box(40, 30))
        assert store.trim_journal(budget_bytes=0) == 6
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)
        assert [row.command for row in store.history_rows()] == [kept]


def test_a_failed_revision_leaves_neither_a_revision_nor_its_proposal(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = proposal_for(ref_of(0))
    draft = Draft(ref_of(0), pixels(box(3, 3)), {"origin": "proposal", "proposal_id": str(proposal.id)})

    def fails(_label_map: object) -> bytes:
        raise OSError("the disk went away")

    with opened(project) as store:
        with monkeypatch.context() as patch:
            patch.setattr("polypviewer.storage.revisions.encode_label_map", fails)
            with pytest.raises(ProjectError, match="the disk went away"):
                store.write_revision(draft, identity=identity_of(ref_of(0)), proposal=proposal)
        assert store.heads() == []
        assert store.proposal_bundle(str(proposal.id)) is None
        assert store.frame_identity(ref_of(0)) is None
        store.write_revision(draft, identity=identity_of(ref_of(0)), proposal=proposal)
        assert store.proposal_bundle(str(proposal.id)) == proposal.bundle_digest
        assert store.load_draft(ref_of(0)).value("proposal_id") == str(proposal.id)


def test_a_proposal_that_was_never_kept_is_not_named(project: Path) -> None:
    draft = Draft(ref_of(0), pixels(box(3, 3)), {"origin": "proposal", "proposal_id": str(uuid4())})
    with opened(project) as store:
        revise(store, draft)
        again = store.load_draft(ref_of(0))
    assert again.value("proposal_id") is None
    assert np.array_equal(again.label_map, draft.label_map)


def test_a_revision_that_had_to_wait_claims_no_stroke_that_it_does_not_contain(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(project) as store:
        keeper = Keeper(store)
        draft = Draft(ref_of(0), empty_label_map(HEIGHT, WIDTH))

        def step(rect: tuple[int, int]) -> None:
            command = Command(uuid4(), store.reader.id, "stroke", painted(draft, box(*rect)))
            draft.apply_all(command.changes)
            keeper.append(JournalRow(command, "do"))

        step((2, 2))
        with monkeypatch.context() as patch:
            patch.setattr(store, "write_revision", _disk_full)
            with pytest.raises(ProjectError, match="full"):
                keeper.revise(RevisionOrder(draft.snapshot(), identity_of(ref_of(0))))
        step((20, 20))
        keeper.retry()
    with opened(project) as store:
        expected = pixels(box(2, 2), box(20, 20))
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, expected)
        assert np.array_equal(store.label_map(store.heads(ref_of(0))[0]), expected)
        assert store.replayed.steps == 0


def test_a_revision_of_an_older_snapshot_leaves_later_strokes_to_the_journal(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(2, 2))
        older, contained = draft.snapshot(), store.journal.last_sequence
        stroke(store, draft, box(20, 20))
        store.write_revision(older, identity=identity_of(ref_of(0)), contains=contained)
    with opened(project) as store:
        assert store.replayed.steps == 1
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)


def _disk_full(*_arguments: object, **_named: object) -> None:
    raise ProjectError("project.disk_full", name="project.db")
