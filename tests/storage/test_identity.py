"""Names, dates and places of people stay in `identity.db`; media are found again by their content."""

import hashlib
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from polypviewer.core.draft import Draft
from polypviewer.core.errors import MediaError, ProjectError
from polypviewer.core.identity import FrameRef, media_uuid
from polypviewer.core.media_item import MediaItem
from polypviewer.core.record import ExamKey
from polypviewer.storage import create_project
from polypviewer.storage.relinking import relink
from tests.storage.projects import (
    HEIGHT,
    WIDTH,
    box,
    identity_of,
    make_project,
    opened,
    pixels,
    proposal_for,
    ref_of,
    stroke,
)

NAME, BIRTHDAY = "Mustermann_Erika", "1964-08-12"


def fingerprint_of(path: Path) -> str:
    if path.read_bytes().startswith(b"broken"):
        raise MediaError("media.missing", name="file")
    return f"file1:{hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()}"


def item_of(path: Path) -> MediaItem:
    fingerprint = fingerprint_of(path)
    return MediaItem(media_uuid(fingerprint), "", "image", fingerprint, HEIGHT, WIDTH, 1)


def photograph(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(f"content of {name}".encode())
    os.utime(path, (datetime(1999, 5, 23, tzinfo=UTC).timestamp(),) * 2)
    return path


def test_no_name_date_or_place_is_in_any_store_but_the_one_for_identities(tmp_path: Path) -> None:
    path = photograph(tmp_path / NAME / BIRTHDAY, f"{NAME}_{BIRTHDAY}.jpg")
    folder = tmp_path / "project"
    create_project(folder, name="study")
    with opened(folder) as store:
        item = replace(item_of(path), exam=ExamKey(store.new_exam_key(f"{NAME}/{BIRTHDAY}"), "folder"))
        store.add_media(item, path=path, details={"PatientName": NAME, "PatientBirthDate": BIRTHDAY})
        ref = FrameRef(item.id, 0)
        draft = store.load_draft(ref)
        stroke(store, draft, box(1, 1))
        proposal = proposal_for(ref)
        store.cache.put_proposal(proposal, confidence=0.9, area=0.1)
        store.write_revision(draft, identity=identity_of(ref), proposal=proposal)
        store.add_event("import", subject=str(item.id))
        raw = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    raw |= {f"closed {file.name}": file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    secrets = [text.encode() for text in (NAME, "Mustermann", BIRTHDAY, "1999-05-23", str(path), str(tmp_path))]
    for name, data in raw.items():
        leaked = [secret for secret in secrets if secret in data]
        assert leaked == [] or name.removeprefix("closed ").startswith("identity.db"), name
    assert NAME.encode() in raw["closed identity.db"]


def test_media_inside_the_project_are_found_after_the_folder_was_moved(tmp_path: Path) -> None:
    folder, outside = tmp_path / "project", photograph(tmp_path / "elsewhere", "b.jpg")
    create_project(folder, name="x")
    inside = photograph(folder / "media" / "größer und größer", "a.jpg")
    with opened(folder) as store:
        for path in (inside, outside):
            store.add_media(item_of(path), path=path)
    moved = tmp_path / "another place" / "project"
    moved.parent.mkdir()
    shutil.move(folder, moved)
    with opened(moved) as store:
        places = store.paths()
        assert places[item_of(outside).id] == outside
        assert places[store.media()[0].id] == moved / "media" / "größer und größer" / "a.jpg"
        assert places[store.media()[0].id].exists()


def test_a_moved_folder_is_relinked_by_content_not_by_name(tmp_path: Path) -> None:
    paths = [photograph(tmp_path / "old", f"{name}.jpg") for name in "abc"]
    folder = tmp_path / "project"
    create_project(folder, name="x")
    with opened(folder) as store:
        items = [store.add_media(item_of(path), path=path) for path in paths]
        new = tmp_path / "new" / "deep"
        new.mkdir(parents=True)
        shutil.move(paths[0], new / "renamed.jpg")
        shutil.move(paths[1], new / "c.jpg")
        paths[2].unlink()
        (new / "a.jpg").write_bytes(b"another picture with an old name")
        (new / "d.jpg").write_bytes(b"broken file")
        (new / "notes.txt").write_bytes((new / "renamed.jpg").read_bytes())
        report = relink(store, tmp_path / "new", fingerprint=fingerprint_of)
        assert set(report.found) == {items[0], items[1]}
        assert report.missing == (items[2],)
    with opened(folder) as store:
        assert store.paths()[items[0].id] == new / "renamed.jpg"
        assert store.paths()[items[1].id] == new / "c.jpg"
        assert relink(store, tmp_path / "new", fingerprint=fingerprint_of).found == ()


def test_one_who_only_reads_cannot_relink(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", stills=0)
    path = photograph(tmp_path / "old", "a.jpg")
    with opened(folder) as store:
        store.add_media(item_of(path), path=path)
    (tmp_path / "new").mkdir()
    shutil.move(path, tmp_path / "new" / "a.jpg")
    with opened(folder, read_only=True) as store, pytest.raises(ProjectError):
        relink(store, tmp_path / "new", fingerprint=fingerprint_of)


def test_lesions_are_identity_and_what_is_said_of_them_is_only_added_to(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    with opened(folder, reader="anna") as store:
        first, second, third = (store.new_lesion() for _ in range(3))
        store.state(first, "paris", "0-Is")
        store.state(first, "paris", "0-IIa")
        store.write_revision(
            Draft(ref_of(0), pixels(box(1, 1)), {"lesion:1": str(first)}), identity=identity_of(ref_of(0))
        )
        assert store.merge_lesions(first, into=second) == second
        assert store.merge_lesions(second, into=third) == third
        assert store.merge_lesions(third, into=first) == third
    with opened(folder, reader="berta") as store:
        store.state(third, "paris", None)
        assert [store.lesion_now(lesion) for lesion in (first, second, third)] == [third] * 3
        assert [said.value for said in store.statements(first)] == ["0-Is", "0-IIa"]
        assert [said.value for said in store.statements(third)] == [None]
        assert list(store.lesions(store.heads(ref_of(0))[0])) == [(1, first)]
        unknown = uuid4()
        assert store.lesion_now(unknown) == unknown
