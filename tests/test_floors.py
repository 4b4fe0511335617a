"""The contracts of import-linter can fail: each one is shown a small house in which one import is wrong."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "media", "storage", "segmentation", "datasets", "session", "ui", "cli", "app")
LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"

WRONG = [
    ("floors", "polypviewer/core", "import polypviewer.storage"),
    ("floors", "polypviewer/session", "import polypviewer.ui"),
    ("floors", "polypviewer/app", "import polypviewer.cli"),
    ("first-floor", "polypviewer/media", "import polypviewer.storage"),
    ("two-programs", "trainer", "import polypviewer.core"),
    ("two-programs", "polypviewer/session", "import trainer"),
    ("no-torch", "polypviewer/segmentation", "import torch"),
    ("no-torch", "polypviewer/ui", "def train():\n    from torch import nn\n    return nn"),
    ("no-qt-below", "polypviewer/storage", "from PySide6.QtCore import QObject"),
    ("no-qt-below", "trainer", "import pyqtgraph"),
    ("core-is-pure", "polypviewer/core", "import os"),
    ("core-is-pure", "polypviewer/core", "from PIL import Image"),
    ("session-without-windows", "polypviewer/session", "import pyqtgraph"),
    ("ui-only-paints", "polypviewer/ui", "import cv2"),
    ("ui-only-paints", "polypviewer/ui", "from onnxruntime import InferenceSession"),
    ("command-line-without-windows", "polypviewer/cli", "import polypviewer.ui"),
    ("one-room-per-library", "polypviewer/media", "import onnxruntime"),
    ("one-room-for-the-database", "polypviewer/datasets", "import sqlalchemy"),
]


def small_house(folder: Path) -> None:
    """Every room as a package without content, under the contracts of this checkout."""
    for package in ("polypviewer", "trainer", "resources", *(f"polypviewer/{room}" for room in ROOMS)):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text('"""A room."""\n', encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", folder)


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo", *arguments]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_house_without_wrong_imports_passes(tmp_path: Path) -> None:
    small_house(tmp_path)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("contract", "package", "line"), WRONG, ids=[f"{c}-{p}-{n}" for n, (c, p, _) in enumerate(WRONG)]
)
def test_a_wrong_import_breaks_its_contract(contract: str, package: str, line: str, tmp_path: Path) -> None:
    small_house(tmp_path)
    (tmp_path / package / "wrong.py").write_text(f'"""Wrong on purpose."""\n\n{line}\n', encoding="utf-8")
    done = lint(tmp_path, "--contract", contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
