"""The journal is on the disk before it says so, and one damaged row costs one row."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from polypviewer.core.history import rebuild_history
from tests.conftest import ROOT, absent
from tests.storage.projects import box, identity_of, make_project, opened, pixels, ref_of, stroke

CHILD = """
import sys
from pathlib import Path
from polypviewer.storage import open_project
from tests.storage.projects import box, identity_of, ref_of, stroke

store = open_project(Path(sys.argv[1]), reader="anna")
draft = store.load_draft(ref_of(0))
for number in range(3):
    stroke(store, draft, box(number * 9, 3))
    print("saved stroke", flush=True)
store.write_revision(draft, identity=identity_of(ref_of(0)))
print("saved revision", flush=True)
store.close()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def test_a_row_is_synced_to_the_disk_before_the_program_says_saved(project: Path, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        absent("strace is not installed here (apt-get install strace)", required_by="REQUIRE_STRACE")
    trace = tmp_path / "trace.txt"
    command = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fsync,fdatasync,write,pwrite64"]
    ran = subprocess.run(
        [*command, sys.executable, "-c", CHILD, str(project)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "PTRACE" in ran.stderr and "Operation not permitted" in ran.stderr:
        absent("strace may not trace here", required_by="REQUIRE_STRACE")
    assert ran.returncode == 0, ran.stderr
    assert _unsynced_when_it_said_saved(trace.read_text(errors="replace")) == [set(), set(), set(), set()]


def _unsynced_when_it_said_saved(trace: str) -> list[set[str]]:
    """For each "saved" that was printed, the logs with a write after their last sync; a log must have been written."""
    written: set[str] = set()
    unsynced: set[str] = set()
    found: list[set[str]] = []
    for line in trace.splitlines():
        wrote = re.search(r"pwrite64\(\d+<[^>]*/(\w+\.db-wal)>", line)
        synced = re.search(r"(?:fsync|fdatasync)\(\d+<[^>]*/(\w+\.db-wal)>", line)
        if wrote:
            written.add(wrote[1])
            unsynced.add(wrote[1])
        elif synced:
            unsynced.discard(synced[1])
        elif said := re.search(r'write\(1<[^>]*>, "saved (\w+)', line):
            log = {"stroke": "local.db-wal", "revision": "project.db-wal"}[said[1]]
            found.append((unsynced & {log}) | (set() if log in written else {f"no write to {log}"}))
            written.clear()
    return found


def damage_payload(folder: Path, sequence: int) -> None:
    with closing(sqlite3.connect(folder / "local.db")) as connection, connection:
        payload = connection.execute("SELECT payload FROM journal WHERE sequence=?", (sequence,)).fetchone()[0]
        changed = payload[:-1] + bytes([payload[-1] ^ 0xFF])
        connection.execute("UPDATE journal SET payload=? WHERE sequence=?", (changed, sequence))


def test_a_damaged_row_is_reported_and_everything_else_is_there(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        first, second, third = (stroke(store, draft, box(x, 3)) for x in (1, 20, 40))
    damage_payload(project, 2)
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(1, 3), box(40, 3)))
        history = rebuild_history((row.action, row.command) for row in store.history_rows())
        assert store.notices == ("journal_damaged",)
    assert history.done == (first, third)
    assert second.id not in {step.id for step in history.done}


def test_undo_and_redo_of_a_damaged_stroke_are_passed_over_with_it(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(1, 3))
        lost = stroke(store, draft, box(20, 3))
        store.append(lost, "undo")
    damage_payload(project, 2)
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(1, 3)))


def test_a_damaged_row_that_a_revision_contains_costs_no_pixel(project: Path) -> None:
    with opened(project) as store:
        draft = store.load_draft(ref_of(0))
        stroke(store, draft, box(1, 3))
        stroke(store, draft, box(20, 3))
        store.write_revision(draft, identity=identity_of(ref_of(0)))
    damage_payload(project, 1)
    with opened(project) as store:
        assert np.array_equal(store.load_draft(ref_of(0)).label_map, pixels(box(1, 3), box(20, 3)))
        assert len(list(store.history_rows())) == 1
        assert "journal_damaged" in store.notices
