"""What cannot be written waits in order, holds up nothing else, and comes back; imports never cover anybody's work."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest

from polypviewer.core.command import Command
from polypviewer.core.draft import Draft
from polypviewer.core.errors import ProjectError
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import empty_label_map
from polypviewer.core.review import Origin
from polypviewer.session.keeper import Action, JournalRow, Keeper, RevisionOrder, Waiting
from polypviewer.session.opening import open_stores
from polypviewer.session.rescue import is_left
from polypviewer.storage import ProjectStore
from tests.storage.projects import HEIGHT, WIDTH, box, identity_of, make_project, opened, painted, pixels, ref_of

READER = "anna"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


class Disk:
    """Refuses chosen frames' steps and revisions, as a failing disk does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused: set[FrameRef] = set()
        self.is_full = False
        append, write_revision = ProjectStore.append, ProjectStore.write_revision

        def checked_append(store: ProjectStore, command: Command, action: Action) -> int:
            self._check(set(command.frames))
            return append(store, command, action)

        def checked_revision(store: ProjectStore, draft: Draft, **named: object) -> UUID:
            self._check({draft.frame})
            return write_revision(store, draft, **named)  # type: ignore[arg-type] # passed on as it came

        monkeypatch.setattr(ProjectStore, "append", checked_append)
        monkeypatch.setattr(ProjectStore, "write_revision", checked_revision)

    def _check(self, frames: set[FrameRef]) -> None:
        if self.is_full or frames & self.refused:
            raise ProjectError("project.disk_full", name="local.db")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def keeper(project: Path) -> Iterator[Keeper]:
    with opened(project) as store:
        yield Keeper(store)


def blank(ref: FrameRef) -> Draft:
    return Draft(ref, empty_label_map(HEIGHT, WIDTH))


def paint(keeper: Keeper, draft: Draft, x: int, y: int) -> Command:
    """A stroke on the draft, and to the keeper; what a full disk says is left aside."""
    command = Command(uuid4(), keeper.store.reader.id, "stroke", painted(draft, box(x, y)))
    draft.apply_all(command.changes)
    sent(keeper, command, "do")
    return command


def sent(keeper: Keeper, command: Command, action: Action) -> None:
    with suppress(ProjectError):
        keeper.append(JournalRow(command, action))


def test_a_step_that_cannot_be_written_holds_up_its_frame_alone(keeper: Keeper, disk: Disk) -> None:
    first, second = blank(ref_of(0)), blank(ref_of(1))
    disk.refused = {ref_of(0)}
    paint(keeper, first, 2, 2)
    paint(keeper, first, 6, 4)
    paint(keeper, second, 20, 20)
    assert keeper.waiting == Waiting(steps=2, frames=1)
    assert np.array_equal(keeper.store.load_draft(ref_of(1)).label_map, second.label_map)
    assert np.array_equal(keeper.load(ref_of(0)).draft.label_map, first.label_map)
    disk.refused = set()
    keeper.retry()
    assert keeper.waiting == Waiting()
    assert np.array_equal(keeper.store.load_draft(ref_of(0)).label_map, first.label_map)


def test_a_revision_that_cannot_be_written_holds_up_no_other(keeper: Keeper, disk: Disk) -> None:
    first, second = blank(ref_of(0)), blank(ref_of(1))
    paint(keeper, first, 2, 2)
    paint(keeper, second, 20, 20)
    disk.refused = {ref_of(0)}
    with pytest.raises(ProjectError, match="full"):
        keeper.revise(RevisionOrder(first.snapshot(), identity_of(ref_of(0))))
    with pytest.raises(ProjectError, match="full"):
        keeper.revise(RevisionOrder(second.snapshot(), identity_of(ref_of(1))))
    assert keeper.waiting == Waiting(revisions=1)
    assert len(keeper.store.heads(ref_of(1))) == 1


def test_a_revision_never_overtakes_a_step_that_it_contains(keeper: Keeper, disk: Disk) -> None:
    draft = blank(ref_of(0))
    paint(keeper, draft, 2, 2)
    disk.is_full = True
    paint(keeper, draft, 4, 4)
    with pytest.raises(ProjectError):
        keeper.revise(RevisionOrder(draft.snapshot(), identity_of(ref_of(0))))
    disk.is_full = False
    paint(keeper, draft, 20, 20)
    assert keeper.waiting == Waiting()
    stored = keeper.store.heads(ref_of(0))[0]
    assert np.array_equal(keeper.store.label_map(stored), draft.label_map)
    assert np.array_equal(keeper.store.load_draft(ref_of(0)).label_map, draft.label_map)


def test_a_stroke_that_is_written_also_writes_the_revision_that_waited(keeper: Keeper, disk: Disk) -> None:
    first, second = blank(ref_of(0)), blank(ref_of(1))
    paint(keeper, first, 2, 2)
    disk.is_full = True
    with pytest.raises(ProjectError):
        keeper.revise(RevisionOrder(first.snapshot(), identity_of(ref_of(0))))
    disk.is_full = False
    paint(keeper, second, 2, 2)
    assert keeper.waiting == Waiting()
    assert len(keeper.store.heads(ref_of(0))) == 1


def test_a_step_that_reached_the_disk_with_an_error_is_not_shown_twice(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = ProjectStore.append

    def written_and_refused(store: ProjectStore, command: Command, action: Action) -> int:
        append(store, command, action)
        raise ProjectError("project.disk_full", name="local.db")

    draft = blank(ref_of(0))
    with monkeypatch.context() as patch:
        patch.setattr(ProjectStore, "append", written_and_refused)
        command = paint(keeper, draft, 2, 2)
        assert np.array_equal(keeper.load(ref_of(0)).draft.label_map, draft.label_map)
        sent(keeper, command, "undo")
        assert not keeper.load(ref_of(0)).draft.label_map.any()
    keeper.retry()
    assert not keeper.store.load_draft(ref_of(0)).label_map.any()


def test_a_frame_that_cannot_be_settled_holds_up_no_other(keeper: Keeper, disk: Disk) -> None:
    for number in range(2):
        keeper.store.write_revision(blank(ref_of(number)), identity=identity_of(ref_of(number)))
        paint(keeper, blank(ref_of(number)), 2, 2)
    disk.refused = {ref_of(0)}
    with pytest.raises(ProjectError, match="full"):
        keeper.settle(dict.fromkeys({ref_of(0), ref_of(1)}))
    assert keeper.store.heads(ref_of(1))[0].has_mask
    assert not keeper.store.heads(ref_of(0))[0].has_mask


# --- masks that an import brings ---


def test_a_mask_is_not_taken_where_a_stroke_was_undone(keeper: Keeper) -> None:
    draft = blank(ref_of(0))
    command = paint(keeper, draft, 2, 2)
    sent(keeper, command, "undo")
    assert not keeper.keep_imported(identity_of(ref_of(0)), pixels(box(30, 30)))
    sent(keeper, command, "redo")
    assert np.array_equal(keeper.load(ref_of(0)).draft.label_map, pixels(box(2, 2)))


def test_a_mask_is_not_taken_where_a_stroke_waits_for_the_disk(keeper: Keeper, disk: Disk) -> None:
    draft = blank(ref_of(0))
    disk.is_full = True
    paint(keeper, draft, 2, 2)
    disk.is_full = False
    assert not keeper.keep_imported(identity_of(ref_of(0)), pixels(box(30, 30)))
    keeper.retry()
    assert np.array_equal(keeper.load(ref_of(0)).draft.label_map, draft.label_map)


def test_strokes_on_a_frame_whose_mask_came_meanwhile_stand_as_they_were_drawn(keeper: Keeper) -> None:
    draft = keeper.load(ref_of(0)).draft
    assert keeper.keep_imported(identity_of(ref_of(0)), pixels(box(30, 30)))
    paint(keeper, draft, 2, 2)
    paint(keeper, draft, 31, 31)
    assert np.array_equal(keeper.load(ref_of(0)).draft.label_map, draft.label_map)
    assert np.array_equal(draft.label_map, pixels(box(2, 2), box(31, 31)))


def test_strokes_on_an_imported_mask_build_on_it(keeper: Keeper) -> None:
    assert keeper.keep_imported(identity_of(ref_of(0)), pixels(box(30, 30)))
    draft = keeper.load(ref_of(0)).draft
    assert draft.value("origin") == Origin.IMPORTED
    paint(keeper, draft, 2, 2)
    assert np.array_equal(keeper.load(ref_of(0)).draft.label_map, pixels(box(2, 2), box(30, 30)))


# --- closing with steps that cannot be written ---


def test_steps_that_never_reached_the_disk_are_set_aside_and_come_back(project: Path, disk: Disk) -> None:
    store = open_stores(project, READER)
    keeper, draft = Keeper(store), blank(ref_of(0))
    paint(keeper, draft, 2, 2)
    disk.is_full = True
    undone = paint(keeper, draft, 20, 20)
    sent(keeper, undone, "undo")
    paint(keeper, blank(ref_of(1)), 6, 6)
    place = keeper.close().place
    assert place is not None
    assert b"anna" not in place.read_bytes()
    disk.is_full = False
    again = open_stores(project, READER)
    try:
        assert np.array_equal(again.load_draft(ref_of(0)).label_map, pixels(box(2, 2)))
        assert np.array_equal(again.load_draft(ref_of(1)).label_map, pixels(box(6, 6)))
        assert again.replayed.frames == {ref_of(0), ref_of(1)}
        assert not place.exists()
    finally:
        again.close()


def test_steps_set_aside_are_not_put_on_work_that_went_on_without_them(project: Path, disk: Disk) -> None:
    store = open_stores(project, READER)
    disk.is_full = True
    keeper = Keeper(store)
    paint(keeper, blank(ref_of(0)), 2, 2)
    place = keeper.close().place
    disk.is_full = False
    with opened(project) as elsewhere:
        paint(Keeper(elsewhere), blank(ref_of(0)), 30, 30)
    again = open_stores(project, READER)
    try:
        assert np.array_equal(again.load_draft(ref_of(0)).label_map, pixels(box(30, 30)))
        assert place is not None
        assert place.exists()
        assert is_left(again)
    finally:
        again.close()


def test_another_reader_does_not_get_them(project: Path, disk: Disk) -> None:
    store = open_stores(project, READER)
    disk.is_full = True
    keeper = Keeper(store)
    paint(keeper, blank(ref_of(0)), 2, 2)
    keeper.close()
    disk.is_full = False
    other = open_stores(project, "berta")
    try:
        assert not other.load_draft(ref_of(0)).label_map.any()
    finally:
        other.close()
