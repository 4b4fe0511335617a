"""Opening: one writer, a clear error for what cannot be opened, and then nothing touched."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from polypviewer.core.errors import ProjectError
from polypviewer.storage import create_project, open_project
from polypviewer.storage.disks import is_on_network
from tests.conftest import ROOT
from tests.storage.projects import (
    box,
    files_of,
    identity_of,
    make_project,
    opened,
    pixels,
    ref_of,
    stroke,
)

HOLDING = """
import sys, time
from pathlib import Path
from polypviewer.storage import open_project

store = open_project(Path(sys.argv[1]), reader="berta")
print("read-only" if store.read_only else "writes", flush=True)
time.sleep(120)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a backup, one revision and a stroke behind it."""
    folder = make_project(tmp_path / "project")
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(2, 2))
        store.write_revision(draft, identity=identity_of(ref_of(0)))
        stroke(store, draft, box(20, 20))
    return folder


# --- one writer ---


def test_the_second_opener_reads_and_is_told_who_holds_the_project(project: Path) -> None:
    with opened(project, reader="anna") as first, opened(project, reader="berta") as second:
        assert not first.read_only
        assert second.read_only
        assert "anna" in second.holder
        assert str(os.getpid()) in second.holder
        assert second.media() == first.media()
        with pytest.raises(ProjectError, match="anna"):
            second.put_setting("a", "b")
        with pytest.raises(ProjectError, match="read-only"):
            stroke(second, second.load_draft(ref_of(1)), box(1, 1))
        draft = first.load_draft(ref_of(1))
        stroke(first, draft, box(5, 5))
        first.write_revision(draft, identity=identity_of(ref_of(1)))
        assert len(second.heads(ref_of(1))) == 1
    with opened(project) as third:
        assert not third.read_only


def test_the_same_reader_sees_their_own_drafts_in_a_second_window(project: Path) -> None:
    with opened(project), opened(project) as second:
        assert np.array_equal(second.load_draft(ref_of(0)).label_map, pixels(box(2, 2), box(20, 20)))


def test_the_lock_goes_with_a_process_that_is_killed(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLDING, str(project)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "writes\n"
        with opened(project) as second:
            assert second.read_only
            assert "berta" in second.holder
            assert str(child.pid) in second.holder
        child.send_signal(signal.SIGKILL)
        child.wait()
    with opened(project) as third:
        assert not third.read_only
        assert third.holder == ""


# --- what cannot be opened ---


def newer_schema(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "project.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num='9999'")


def newer_format(folder: Path) -> None:
    path = folder / "project.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("format = 1", "format = 2"), encoding="utf-8")


def no_file(folder: Path) -> None:
    (folder / "project.toml").unlink()


def garbled_file(folder: Path) -> None:
    (folder / "project.toml").write_bytes(b"format = \xff\x00 [[[")


def no_database(folder: Path) -> None:
    (folder / "project.db").unlink()


def empty_database(folder: Path) -> None:
    (folder / "project.db").write_bytes(b"")


def cut_database(folder: Path) -> None:
    path = folder / "project.db"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])
    (folder / "project.unclean").touch()


def text_database(folder: Path) -> None:
    (folder / "project.db").write_text("This is a letter, not a database.\n" * 500, encoding="utf-8")


def garbled_database(folder: Path) -> None:
    path = folder / "project.db"
    data = bytearray(path.read_bytes())
    data[100:6000] = bytes(range(256)) * 23 + bytes(12)
    path.write_bytes(bytes(data))


def another_database(folder: Path) -> None:
    (folder / "project.db").unlink()
    with closing(sqlite3.connect(folder / "project.db")) as connection, connection:
        connection.execute("CREATE TABLE songs (name TEXT)")


@pytest.mark.parametrize(
    ("harm", "code", "cure"),
    [
        (newer_schema, "project.newer", "Update"),
        (newer_format, "project.newer", "Update"),
        (no_file, "project.none", "New project"),
        (garbled_file, "project.file_damaged", "backup"),
        (no_database, "project.database_missing", "backups/project-"),
        (empty_database, "project.damaged", "backups/project-"),
        (cut_database, "project.damaged", "backups/project-"),
        (text_database, "project.damaged", "backups/project-"),
        (garbled_database, "project.damaged", "backups/project-"),
        (another_database, "project.damaged", "backups/project-"),
    ],
)
def test_what_cannot_be_opened_says_why_and_what_to_do_and_is_left_as_it_is(
    project: Path, harm: object, code: str, cure: str
) -> None:
    assert callable(harm)
    harm(project)
    before = files_of(project)
    with pytest.raises(ProjectError) as raised:
        open_project(project, reader="anna")
    assert raised.value.code == code
    assert cure in raised.value.cure
    assert files_of(project) == before


def test_the_cure_of_a_damaged_database_is_one_that_works(project: Path) -> None:
    with opened(project):
        pass
    text_database(project)
    with pytest.raises(ProjectError) as raised:
        open_project(project, reader="anna")
    copy = next(word for word in raised.value.cure.split() if word.startswith("backups/"))
    shutil.copyfile(project / copy, project / "project.db")
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2), box(20, 20)))


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_place_without_a_project_is_named_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ProjectError) as raised:
        open_project(tmp_path / place, reader="anna")
    assert raised.value.code in ("project.none", "project.file_damaged")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_project_is_not_made_over_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    for place in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(ProjectError) as raised:
            create_project(place, name="x")
        assert raised.value.code in ("project.not_empty", "project.cannot_create")
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_half_a_project_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("polypviewer.storage.opening.write_project_file", fails)
    with pytest.raises(ProjectError, match="No space left"):
        create_project(tmp_path / "project", name="x")
    assert not (tmp_path / "project").exists()


# --- the stores beside project.db ---


@pytest.mark.parametrize("content", [b"no database\n" * 900, b"SQLite format 3\0" + b"\xee" * 9000])
def test_a_journal_that_is_no_database_is_kept_aside_and_the_project_opens(project: Path, content: bytes) -> None:
    (project / "local.db").write_bytes(content)
    with opened(project) as store:
        assert any(notice.startswith("journal_") for notice in store.notices)
        assert not store.read_only
        draft = store.load_draft(ref_of(0))
        assert np.array_equal(draft.label_map, pixels(box(2, 2)))
        stroke(store, draft, box(30, 30))
    aside = [path for path in project.iterdir() if "damaged-" in path.name]
    assert [path.read_bytes() for path in aside] == [content]
    with opened(project) as store:
        assert store.notices == ()
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2), box(30, 30)))
    assert all(path.exists() for path in aside)


def test_a_damaged_journal_is_left_where_it_is_by_one_who_only_reads(project: Path) -> None:
    (project / "local.db").write_bytes(b"no database\n" * 900)
    before = files_of(project)
    with opened(project, read_only=True) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2)))
    assert files_of(project).items() >= before.items()


@pytest.mark.parametrize("content", [b"", b"no database\n" * 900, b"SQLite format 3\0" + b"\xee" * 9000])
def test_a_damaged_cache_is_thrown_away(project: Path, content: bytes) -> None:
    with opened(project) as store:
        store.cache.put_thumbnail(ref_of(0), 64, b"picture")
    (project / "cache.db").write_bytes(content)
    with opened(project) as store:
        assert store.notices == ()
        assert store.cache.thumbnail(ref_of(0), 64) is None
        store.cache.put_thumbnail(ref_of(0), 64, b"picture")
        assert store.cache.thumbnail(ref_of(0), 64) == b"picture"


def test_lost_identities_cost_places_and_not_work(project: Path) -> None:
    (project / "identity.db").write_bytes(b"no database\n" * 900)
    with opened(project) as store:
        assert store.paths() == {}
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2), box(20, 20)))


# --- unclean shutdown ---


def test_after_an_unclean_shutdown_the_whole_database_is_checked(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def noticed(path: Path) -> None:
        checked.append(path.name)

    monkeypatch.setattr("polypviewer.storage.checks.quick_check", noticed)
    with opened(project):
        assert (project / "project.unclean").exists()
    assert checked == []
    assert not (project / "project.unclean").exists()
    (project / "project.unclean").touch()
    with opened(project):
        pass
    assert "project.db" in checked


def test_without_wal_a_write_that_was_killed_is_taken_back_and_the_project_opens(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polypviewer.storage.opening.is_on_network", lambda _folder: True)
    with opened(project):
        pass
    copy = tmp_path / "copy"
    with closing(sqlite3.connect(project / "project.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size=2")
        connection.execute("BEGIN")
        for number in range(300):
            connection.execute("INSERT INTO setting VALUES ('project', ?, ?)", (f"n{number}", "x" * 2000))
        shutil.copytree(project, copy)
    assert (copy / "project.db-journal").stat().st_size > 0
    for read_only in (True, False):
        with opened(copy, read_only=read_only) as store:
            assert store.read_only is read_only
            assert store.settings() == {}
            assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2), box(20, 20)))


# --- network file systems ---


def test_a_project_on_a_network_file_system_does_without_wal(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polypviewer.storage.opening.is_on_network", lambda _folder: True)
    with opened(project) as store:
        assert "network" in store.notices
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(40, 40, 6, 6))
        assert list(project.glob("*.db-wal")) == []
    for name in ("project.db", "local.db", "identity.db"):
        with closing(sqlite3.connect(project / name)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    monkeypatch.undo()
    with opened(project) as store:
        assert store.notices == ()
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)


@pytest.mark.parametrize(
    ("kind", "expected"), [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("ext4", False), ("tmpfs", False)]
)
def test_the_table_of_mounts_says_what_a_folder_lies_on(tmp_path: Path, kind: str, expected: bool) -> None:  # noqa: FBT001
    folder = tmp_path / "a share" / "project"
    folder.mkdir(parents=True)
    escaped = str(tmp_path / "a share").replace(" ", "\\040")
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/x / ext4 rw 0 0\n\nserver:/x {escaped} {kind} rw 0 0\n/dev/y /boot vfat rw 0 0\n")
    assert is_on_network(folder, mounts=mounts) is expected
    assert not is_on_network(tmp_path, mounts=mounts)
    assert not is_on_network(folder, mounts=tmp_path / "none")
