"""Copies of `project.db` are made at opening where it has changed, and the last five are kept."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from polypviewer.storage import backups
from tests.storage.projects import make_project, opened


def settings_in(copy: Path) -> int:
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return int(connection.execute("SELECT count(*) FROM setting").fetchone()[0])


def test_the_last_five_copies_are_kept_each_whole(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    for number in range(8):
        with opened(folder) as store:
            store.put_setting(f"name-{number}", "x")
    assert [settings_in(copy) for copy in backups.backups(folder)] == [3, 4, 5, 6, 7]


def test_a_project_that_did_not_change_is_not_copied_again(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    with opened(folder):
        pass
    first = backups.backups(folder)
    time.sleep(0.02)
    for _ in range(3):
        with opened(folder):
            pass
    assert backups.backups(folder) == first


def test_one_who_only_reads_makes_no_copy(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    first = backups.backups(folder)
    with opened(folder) as writer:
        writer.put_setting("a", "b")
        made = backups.backups(folder)
        with opened(folder), opened(folder, read_only=True):
            pass
        assert backups.backups(folder) == made
    assert len(made) == len(first) + 1


def test_a_copy_that_fails_leaves_nothing_half_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_project(tmp_path / "project")

    def half(_source: Path, destination: Path) -> None:
        destination.write_bytes(b"SQLite format 3\0 and then the disk was full")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backups, "copy_database", half)
        with opened(folder) as store:
            assert store.notices == ("no_backup",)
            store.put_setting("a", "b")
    assert [path for path in (folder / "backups").iterdir() if path not in backups.backups(folder)] == []


def test_a_half_copy_of_a_program_that_was_killed_goes_with_the_next(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    (folder / "backups").mkdir(exist_ok=True)
    (folder / "backups" / "project-20200101T000000000000.half").write_bytes(b"half")
    with opened(folder) as store:
        store.put_setting("a", "b")
    assert list((folder / "backups").glob("*.half*")) == []
    assert len(backups.backups(folder)) >= 1
