"""What stands around the masks: originals and their places, the cache, lesions, joined machines, speed of opening."""

import os
import sys
import time
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import insert

from polypviewer.core.errors import MediaError, ProjectError
from polypviewer.core.identity import FrameIdentity
from polypviewer.core.record import ExamKey
from polypviewer.core.review import frame_truth
from polypviewer.storage import ProjectStore, create_project
from polypviewer.storage.dialect import transaction
from polypviewer.storage.relinking import relink
from polypviewer.storage.tables import revision
from tests.storage.projects import (
    box,
    decided,
    done,
    identity_of,
    make_project,
    opened,
    pixels,
    proposal_for,
    ref_of,
    still,
    stroke,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


# --- originals ---


def content_of(path: Path) -> str:
    """Stands for the fingerprint of the media room: the file's text."""
    if path.name.startswith("spoilt"):
        raise MediaError("media.empty", name=path.name)
    return path.read_text()


def test_moved_files_are_found_again_by_content_whatever_they_are_called(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "moved" / "deep"
    place.mkdir(parents=True)
    (place / "another name.JPG").write_text(still(1).fingerprint)
    (place / "spoilt.png").write_text("")
    (place / "notes.txt").write_text(still(0).fingerprint)
    with opened(project) as store:
        report = relink(store, tmp_path / "moved", fingerprint=content_of)
        assert [item.id for item in report.found] == [still(1).id]
        assert [item.id for item in report.missing] == [still(0).id]
        assert store.paths()[still(1).id] == place / "another name.JPG"
        assert relink(store, tmp_path / "moved", fingerprint=content_of).found == ()


def test_a_file_inside_the_project_moves_along_with_the_folder(tmp_path: Path) -> None:
    create_project(tmp_path / "here", name="x")
    with opened(tmp_path / "here") as store:
        store.add_media(still(), path=tmp_path / "here" / "media" / "a.png")
    (tmp_path / "here").rename(tmp_path / "there")
    with opened(tmp_path / "there") as store:
        assert store.paths() == {still().id: tmp_path / "there" / "media" / "a.png"}


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are no Unicode exist on Linux only")
def test_a_file_name_that_is_no_unicode_is_kept_byte_by_byte(project: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(b"x")
    with opened(project) as store:
        store.add_media(still(7), path=path)
    with opened(project) as store:
        assert store.paths()[still(7).id] == path


def test_names_and_places_of_originals_are_in_no_file_but_identity_db(project: Path, tmp_path: Path) -> None:
    with opened(project) as store:
        store.add_media(still(5), path=tmp_path / "Nightingale_Florence.png", details={"PatientName": "Nightingale"})
        store.new_exam_key("Nightingale 1910")
    holding = {path.name for path in project.rglob("*") if path.is_file() and b"Nightingale" in path.read_bytes()}
    assert holding == {"identity.db"}


def test_an_unknown_exam_is_stored_as_unknown(project: Path) -> None:
    with opened(project) as store:
        store.set_exam(still(1).id, ExamKey("E-0001", "given"))
        first, second = store.media()
        assert (first.exam.source, second.exam) == ("unknown", ExamKey("E-0001", "given"))


# --- the wrong frame ---


def test_a_mask_is_refused_for_a_frame_whose_content_changed(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of())
        stroke(store, draft, box(1, 1))
        true = identity_of(ref_of())
        store.write_revision(draft, identity=true)
        changed = FrameIdentity(true.ref, true.key, "file1:other", true.height, true.width)
        with pytest.raises(ProjectError, match="not the one"):
            store.write_revision(draft, identity=changed)
        assert len(store.heads(ref_of())) == 1


# --- cache ---


def test_a_cache_may_be_deleted_even_while_it_is_open(project: Path) -> None:
    made = proposal_for(ref_of())
    with opened(project) as store:
        store.cache.put_proposal(made, confidence=0.9, area=0.1)
        for part in project.glob("cache.db*"):
            part.unlink()
        store.cache.put_proposal(made, confidence=0.8, area=0.1)
        store.cache.put_thumbnail(ref_of(), 96, b"jpeg")
        assert store.cache.proposals_summary() == {ref_of(): (0.8, 0.1)}
    with opened(project) as store:
        store.cache.put_proposal(made, confidence=0.7, area=0.1)
        found = store.cache.proposal(ref_of(), made.bundle_digest)
        assert found is not None
        assert np.array_equal(found.probability, made.probability)


def test_a_decision_that_is_taken_up_after_a_crash_still_keeps_its_proposal(project: Path) -> None:
    made = proposal_for(ref_of())
    with opened(project) as store:
        store.cache.put_proposal(made, confidence=0.9, area=0.1)
        draft = store.load_draft(ref_of())
        draft.values["proposal_id"] = str(made.id)
        store.write_revision(draft, identity=identity_of(ref_of()))
        assert store.proposal_bundle(str(made.id)) == made.bundle_digest


# --- lesions ---


def test_what_is_said_of_a_lesion_is_added_and_never_replaced(project: Path) -> None:
    with opened(project) as store:
        lesion = store.new_lesion(exam=ExamKey("E-0001", "given"))
        store.state(lesion, "paris", "0-Is")
        store.state(lesion, "paris", "0-IIa")
        said = store.statements(lesion)
        assert [(row.field, row.value, row.reader_id) for row in said] == [
            ("paris", "0-Is", store.reader.id),
            ("paris", "0-IIa", store.reader.id),
        ]
        assert store.statements(uuid4()) == ()


# --- joined machines ---


def add_head_of_another_machine(store: ProjectStore, mine: UUID) -> None:
    """A second revision with the same parent as `mine`, from another journal and a later clock."""
    with transaction(store._stores.engines["project"], name="project.db") as connection:
        row = dict(connection.execute(revision.select().where(revision.c.id == str(mine))).one()._mapping)
        row |= {
            "id": str(uuid4()),
            "journal_id": str(uuid4()),
            "journal_sequence": 99,
            "created": "2999-01-01T00:00:00Z",
        }
        connection.execute(insert(revision).values(**row))


def test_two_heads_are_a_conflict_and_work_goes_on_behind_our_own(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of())
        done(store, draft, decided(ref_of()), kind="accept")
        mine = store.write_revision(draft, identity=identity_of(ref_of()))
        add_head_of_another_machine(store, mine)
        heads = store.heads(ref_of())
        assert len(heads) == 2
        assert frame_truth([head.head for head in heads]) is None
        stroke(store, store.load_draft(ref_of()), box(3, 3))
        assert np.array_equal(store.load_draft(ref_of()).label_map, pixels(box(3, 3)))
        after = store.write_revision(store.load_draft(ref_of()), identity=identity_of(ref_of()))
        assert mine not in {head.id for head in store.heads(ref_of())}
        assert after in {head.id for head in store.heads(ref_of())}


# --- speed ---


def test_a_backup_at_opening_is_quick_and_made_only_after_a_change(project: Path) -> None:
    with opened(project):
        pass
    before = len(list((project / "backups").iterdir()))
    started = time.perf_counter()
    with opened(project):
        seconds = time.perf_counter() - started
    assert len(list((project / "backups").iterdir())) == before
    assert seconds < 1.0
    for number in range(8):
        with opened(project) as store:
            store.put_setting("n", str(number))
    assert len(list((project / "backups").iterdir())) == 5
