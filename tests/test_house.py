"""The house keeps its own rules: lengths, names, floors that import-linter cannot see, and a window without torch."""

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from tests.house_rules import banned_name, eager_imports, leftovers, lengths, outside_qt

ROOT = Path(__file__).parents[1]
PROGRAMS = ("polypviewer", "trainer", "resources")
FOLDERS = (*PROGRAMS, "benchmarks", "tests", "packaging")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TEXTS = (".py", ".md", ".toml", ".txt", ".mako", ".ini", ".yml", ".yaml", ".json", ".sh")
HEAVY = ("torch", "monai", "onnxruntime", "skimage", "alembic", "av", "matplotlib")
"""Libraries that the window loads after its first paint, or never."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_longer_than_the_house_allows(path: Path) -> None:
    assert lengths(path.read_text(encoding="utf-8")) == []


def test_every_module_says_what_it_is() -> None:
    named = {name(path): banned_name(PurePosixPath(name(path))) for path in SOURCES}
    assert {path: word for path, word in named.items() if word is not None} == {}


def test_no_text_names_a_machine_or_is_unfinished() -> None:
    found = {}
    for path in _texts():
        lines = leftovers(path.read_text(encoding="utf-8"))
        if lines:
            found[name(path)] = lines
    assert found == {}


def _texts() -> list[Path]:
    """Every text of the checkout that is ours: programs, tests, documents and the files at the top."""
    inside = [p for folder in (*FOLDERS, "docs", ".ci") for p in (ROOT / folder).rglob("*") if p.suffix in TEXTS]
    top = [p for p in ROOT.iterdir() if p.is_file() and (p.suffix in TEXTS or p.name in {"Makefile", "NOTICE"})]
    return sorted(p for p in (*inside, ROOT / ".ci" / "run", *top) if p.is_file())


def part_of(path: Path) -> str:
    """The room, or the module, of the application that `path` belongs to: "session", "ui", "cli"."""
    return path.relative_to(ROOT / "polypviewer").parts[0].removesuffix(".py")


def test_each_room_imports_only_the_qt_it_may() -> None:
    paths = sorted((ROOT / "polypviewer").rglob("*.py"))
    found = {name(p): outside_qt(p.read_text(encoding="utf-8"), part=part_of(p)) for p in paths}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_command_line_imports_the_window_only_inside_a_command() -> None:
    sources = [ROOT / "polypviewer" / "cli.py", *(ROOT / "polypviewer" / "cli").rglob("*.py")]
    found = [
        line
        for path in sources
        if path.is_file()
        for line in eager_imports(
            path.read_text(encoding="utf-8"), banned=("polypviewer.ui", "polypviewer.app", "PySide6")
        )
    ]
    assert found == []


def test_the_window_process_starts_without_torch_and_other_heavy_libraries(window_platform: str) -> None:
    code = f"import polypviewer.app, sys; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


# --- the rules themselves can fail -------------------------------------------------------------------------------


def test_a_long_function_class_and_file_are_found() -> None:
    function = "def f():\n" + "    x = 1\n" * 50
    assert lengths(function) == ["line 1: f has 51 lines (at most 50)"]
    body = "    x = 1\n"
    assert lengths("class C:\n" + body * 250) == ["line 1: C has 251 lines (at most 250)"]
    assert lengths("class MainWindow:\n" + body * 299) == []
    assert lengths("class MainWindow:\n" + body * 300) == ["line 1: MainWindow has 301 lines (at most 300)"]
    assert lengths("x = 1\n" * 401) == ["file of 401 lines (at most 400)"]


@pytest.mark.parametrize("path", ["ui/utils.py", "core/mask_helpers.py", "session/project_manager.py", "common/x.py"])
def test_a_name_that_says_nothing_is_found(path: str) -> None:
    assert banned_name(PurePosixPath(path)) is not None


def test_a_name_that_only_contains_the_letters_is_not() -> None:
    assert banned_name(PurePosixPath("core/commons_sense.py")) is None


def test_a_machine_path_and_unfinished_work_are_found() -> None:
    assert leftovers("DATA = '/" + "work/shared'") == ["line 1: path of one machine"]
    assert leftovers("x = 1  # TO" + "DO later") == ["line 1: unfinished work"]
    assert leftovers("a path like docs/work/plan is fine") == []


def test_qt_in_the_wrong_room_is_found() -> None:
    assert outside_qt("from PySide6.QtGui import QImage", part="session") == ["line 1: PySide6.QtGui.QImage in session"]
    assert outside_qt("from PySide6 import QtWidgets", part="cli") == ["line 1: PySide6.QtWidgets in cli"]
    assert outside_qt("from PySide6.QtCore import QObject", part="session") == []


def test_an_import_at_the_top_is_told_from_one_inside_a_function() -> None:
    lazy = "def run():\n    from polypviewer.app import open_window\n"
    eager = "try:\n    from polypviewer.app import open_window\nexcept ImportError:\n    pass\n"
    assert eager_imports(lazy, banned=("polypviewer.app",)) == []
    assert eager_imports(eager, banned=("polypviewer.app",)) == ["line 2: polypviewer.app.open_window"]


def test_an_import_for_types_only_is_not_eager() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from polypviewer.app import Window\n"
    assert eager_imports(source, banned=("polypviewer.app",)) == []
