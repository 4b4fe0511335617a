"""Heads are revisions without children; two of them are kept. And the strip of a large project is there at once."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from uuid import uuid4

import numpy as np
import pytest

from polypviewer.core.command import Command
from polypviewer.core.draft import Draft
from polypviewer.core.identity import FrameIdentity, FrameKey, FrameRef
from polypviewer.core.review import frame_truth
from polypviewer.session.stored import listing
from polypviewer.storage.dialect import transaction
from polypviewer.storage.revisions import add_revision, ensure_frame
from tests.storage.projects import box, identity_of, make_project, opened, painted, pixels, ref_of, still, stroke

MANY = 10_000


def second_head(folder: Path, revision: str, *, created: str) -> str:
    """A revision of another machine beside one of ours, as joining two projects would make it."""
    made = str(uuid4())
    with closing(sqlite3.connect(folder / "project.db")) as connection, connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(revision)")]
        row = dict(
            zip(names, connection.execute("SELECT * FROM revision WHERE id=?", (revision,)).fetchone(), strict=True)
        )
        row |= {"id": made, "journal_id": str(uuid4()), "journal_sequence": 99, "created": created}
        connection.execute(f"INSERT INTO revision VALUES ({','.join('?' * len(names))})", tuple(row.values()))  # noqa: S608
    return made


@pytest.mark.parametrize("created", ["2001-01-01T00:00:00.000000Z", "2199-01-01T00:00:00.000000Z"])
def test_two_heads_are_kept_and_our_own_is_worked_on_whatever_the_clocks_say(tmp_path: Path, created: str) -> None:
    folder = make_project(tmp_path / "project")
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        draft.values |= {"presence": "polyp", "decision": "accepted"}
        stroke(store, draft, box(1, 1))
        ours = store.write_revision(draft, identity=identity_of(ref_of(0)))
        stroke(store, draft, box(20, 20))
    theirs = second_head(folder, str(ours), created=created)
    with opened(folder) as store:
        assert {str(head.id) for head in store.heads(ref_of(0))} == {str(ours), theirs}
        assert frame_truth([head.head for head in store.heads(ref_of(0))]) is None
        draft = store.load_draft(ref_of(0))
        assert np.array_equal(draft.label_map, pixels(box(1, 1), box(20, 20)))
        store.write_revision(draft, identity=identity_of(ref_of(0)))
        heads = {str(head.id) for head in store.heads(ref_of(0))}
        assert theirs in heads
        assert str(ours) not in heads
        assert len(heads) == 2


def test_a_chain_of_revisions_has_one_head(tmp_path: Path) -> None:
    with opened(make_project(tmp_path / "project")) as store:
        made = [
            store.write_revision(Draft(ref_of(0), pixels(box(x, 1)), {}), identity=identity_of(ref_of(0)))
            for x in range(5)
        ]
        assert [head.id for head in store.heads(ref_of(0))] == [made[-1]]
        assert [head.id for head in store.heads()] == [made[-1]]


def test_the_strip_of_ten_thousand_frames_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path / "project", stills=0)
    item = still(1)
    with opened(folder) as store:
        store.add_media(item, path=tmp_path / "video.mp4")
        with transaction(store._project, name="project.db") as connection:
            for index in range(MANY):
                ref = FrameRef(item.id, index)
                key = FrameKey(item.id, 0, index, 0)
                frame_id = ensure_frame(connection, FrameIdentity(ref, key, "packet1:0", 48, 64))
                draft = Draft(ref, pixels(box(index % 50, 1)), {"origin": "drawn"})
                add_revision(
                    connection,
                    draft,
                    frame_id=frame_id,
                    reader_id=store.reader.id,
                    stage="working",
                    journal=(store.journal.id, index),
                )
        begun = time.perf_counter()
        found = listing(store)
        spent = time.perf_counter() - begun
    assert len(found.statuses) == MANY
    with capsys.disabled():
        print(f"\nstatuses of {MANY} frames: {spent * 1000:.0f} ms")


def test_strokes_and_drafts_of_large_frames_are_quick(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path / "project", stills=0)
    item = still(1, height=1080, width=1920)
    ref = FrameRef(item.id, 0)
    appended, loaded = [], []
    with opened(folder) as store:
        store.add_media(item, path=tmp_path / "a.jpg")
        draft = store.load_draft(ref)
        for number in range(60):
            changes = painted(draft, box(number * 20, number * 10, 60, 60))
            begun = time.perf_counter()
            store.append(Command(uuid4(), store.reader.id, "stroke", changes), "do")
            appended.append(time.perf_counter() - begun)
            draft.apply_all(changes)
        store.write_revision(draft, identity=identity_of(ref, height=1080, width=1920))
        again = store.load_draft(ref)
        for _ in range(15):
            begun = time.perf_counter()
            again = store.load_draft(ref)
            loaded.append(time.perf_counter() - begun)
    assert np.array_equal(again.label_map, draft.label_map)
    with capsys.disabled():
        print(f"\nappend: {median(appended) * 1000:.2f} ms; load_draft 1080p: {median(loaded) * 1000:.1f} ms")
