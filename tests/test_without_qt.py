"""The commands work on a machine where not even QtCore can be loaded: a minimal Debian has no libglib."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
WITHOUT_QT = """
import sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("PySide6.", "shiboken6.", "pyqtgraph")):
            raise ImportError("libglib-2.0.so.0: cannot open shared object file")

sys.meta_path.insert(0, NoQt())
"""
EVERY_MODULE = """
import importlib, pkgutil
import polypviewer.cli
for module in pkgutil.walk_packages(polypviewer.cli.__path__, "polypviewer.cli."):
    importlib.import_module(module.name)
"""
ONE_COMMAND = """
from polypviewer.cli import main
main()
"""


def run(code: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_QT + code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_every_command_can_be_imported() -> None:
    done = run(EVERY_MODULE, folder=ROOT)
    assert done.returncode == 0, done.stderr


def test_qt_is_really_away(tmp_path: Path) -> None:
    done = run("import PySide6.QtCore", folder=tmp_path)
    assert "libglib-2.0.so.0" in done.stderr


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "frame.png"
    cv2.imwrite(str(path), np.full((240, 320, 3), 120, np.uint8))
    return path


def test_a_project_is_made_filled_asked_and_read(tmp_path: Path, picture: Path) -> None:
    for command in (["new", "p"], ["import", "p", str(picture), "--exam", "one"], ["propose", "p"]):
        done = run(ONE_COMMAND, *command, folder=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    status = run(ONE_COMMAND, "status", "p", "--json", folder=tmp_path)
    assert status.returncode == 0, status.stderr
    assert isinstance(json.loads(status.stdout), dict)


def test_masks_are_predicted(tmp_path: Path, picture: Path) -> None:
    done = run(ONE_COMMAND, "predict", str(picture), "--out", "masks", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "masks" / "frame.png").is_file()


def test_the_window_says_why_it_does_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    done = run(ONE_COMMAND, folder=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "There is no display" in " ".join(done.stderr.split())


def test_the_doctor_reports_what_is_missing(tmp_path: Path) -> None:
    done = run(ONE_COMMAND, "doctor", "--json", folder=tmp_path)
    assert "Traceback" not in done.stderr, done.stderr
    assert {check["name"] for check in json.loads(done.stdout)["checks"]} >= {"qt"}
