"""A disk that is full and one that cannot be written to: a sentence, nothing lost, and on it goes."""

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from polypviewer.core.draft import Draft
from polypviewer.core.errors import ProjectError
from polypviewer.storage import create_project, open_project
from tests.conftest import absent
from tests.storage.projects import (
    box,
    files_of,
    identity_of,
    make_project,
    mounted,
    opened,
    pixels,
    ref_of,
    stroke,
    unmounted,
)

MANY = 400


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Writes beyond this size fail with EFBIG, as they do on a quota."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def noisy(seed: int) -> Draft:
    """A draft that does not compress."""
    rng = np.random.default_rng(seed)
    return Draft(ref_of(0), rng.integers(0, 2, (480, 640), dtype=np.uint8) * 7)


def test_a_write_that_finds_no_room_says_so_and_the_old_state_stands(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(1, 1))
        store.write_revision(draft, identity=identity_of(ref_of(0)))
        size = max(path.stat().st_size for path in folder.iterdir() if path.is_file())
        with files_no_larger_than(size), pytest.raises(ProjectError) as raised:  # noqa: PT012
            for seed in range(MANY):
                store.write_revision(noisy(seed), identity=identity_of(ref_of(0)))
        assert raised.value.code == "project.disk_full"
        assert "intact" in raised.value.sentence
        before = store.heads(ref_of(0))
        stroke(store, store.load_draft(ref_of(0)), box(30, 30))
        store.write_revision(store.load_draft(ref_of(0)), identity=identity_of(ref_of(0)))
        assert store.heads(ref_of(0)) != before
    with opened(folder) as store:
        assert len(store.heads(ref_of(0))) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not mounted("-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)):
        absent("a small disk can only be mounted as root", required_by="REQUIRE_MOUNT")
    yield place
    unmounted(place)


def fill(disk: Path) -> Path:
    """Take all room that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1024))
        except OSError:
            return ballast


def test_a_full_disk_takes_no_stroke_and_gives_them_all_back_once_there_is_room(small_disk: Path) -> None:
    folder = make_project(small_disk / "project")
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(1, 1))
        ballast = fill(small_disk)
        kept = draft.label_map.copy()
        with pytest.raises(ProjectError) as raised:  # noqa: PT012
            for number in range(MANY):
                stroke(store, draft, box(number % 50, 5 + number % 30), 1 + number % 3)
                kept = draft.label_map.copy()
        assert raised.value.code == "project.disk_full"
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, kept)
        with pytest.raises(ProjectError, match="full"):  # noqa: PT012
            for _ in range(MANY):
                store.write_revision(store.load_draft(ref_of(0)), identity=identity_of(ref_of(0)))
                store.add_event("note", details="x" * 4000)
        ballast.unlink()
        draft = store.load_draft(ref_of(0))
        assert np.array_equal(draft.label_map, kept)
        stroke(store, draft, box(40, 40, 6, 6), 5)
        store.write_revision(draft, identity=identity_of(ref_of(0)))
    with opened(folder) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)


def test_a_project_on_a_full_disk_opens_or_says_why_not(small_disk: Path) -> None:
    folder = make_project(small_disk / "project")
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(1, 1))
    ballast = fill(small_disk)
    assert said_at_opening(folder) in ("", "project.disk_full")
    assert list(folder.rglob("*.half*")) == []
    ballast.unlink()
    with opened(folder) as store:
        assert not store.read_only
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)


def said_at_opening(folder: Path) -> str:
    """The code of what opening says; "" where it works."""
    try:
        store = open_project(folder, reader="anna")
    except ProjectError as error:
        return error.code
    store.close()
    return ""


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """The folder on a disk that cannot be written to: a read-only bind mount for root, permissions for others."""
    if os.geteuid() != 0:
        modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        yield
        for path, mode in modes.items():
            path.chmod(mode)
        return
    if not mounted("--bind", str(folder), str(folder)):
        absent("root may not mount here, and permissions do not bind root", required_by="REQUIRE_MOUNT")
    try:
        assert mounted("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        unmounted(folder)


def worked_on(folder: Path) -> Path:
    make_project(folder)
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(2, 2))
        store.write_revision(draft, identity=identity_of(ref_of(0)))
        stroke(store, draft, box(20, 20))
    return folder


def test_a_project_that_cannot_be_written_to_opens_to_be_read(tmp_path: Path) -> None:
    folder = worked_on(tmp_path / "project")
    before = files_of(folder)
    with frozen(folder):
        with opened(folder) as store:
            assert store.read_only
            assert "cannot be written" in store.holder
            assert len(store.media()) == 2
            assert set(store.paths()) == {item.id for item in store.media()}
            assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(2, 2), box(20, 20)))
            assert len(list(store.history_rows())) == 2
            with pytest.raises(ProjectError, match="read-only"):
                store.put_setting("a", "b")
        assert files_of(folder) == before
    with opened(folder) as store:
        assert not store.read_only


def test_so_does_one_that_was_killed_and_has_its_log_still(tmp_path: Path) -> None:
    folder, copy = worked_on(tmp_path / "project"), tmp_path / "copy"
    with opened(folder) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(40, 30))
        store.write_revision(draft, identity=identity_of(ref_of(0)))
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-shm"))
    assert (copy / "project.db-wal").stat().st_size > 0
    before = files_of(copy)
    with frozen(copy):
        with opened(copy) as store:
            assert store.read_only
            assert np.array_equal(store.load_draft(ref_of(0)).label_map, draft.label_map)
            assert len(store.heads(ref_of(0))) == 1
        assert files_of(copy) == before


def test_a_project_cannot_be_made_where_nothing_can_be_written(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()

    with frozen(place):
        with pytest.raises(ProjectError) as raised:
            create_project(place / "project", name="x")
        assert raised.value.code == "project.cannot_create"
        assert list(place.iterdir()) == []
