"""The command line itself: help, version, wrong words, errors with a cure, exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

import polypviewer as program
from polypviewer.cli.commands import with_window
from tests.command_line import polypviewer

ROOT = Path(__file__).parents[1]


def test_help_names_every_command(capfd: pytest.CaptureFixture[str]) -> None:
    ran = polypviewer(capfd, "--help")
    assert ran.code == 0
    for name in ("demo", "new", "import", "propose", "status", "finetune", "export", "predict", "doctor"):
        assert name in ran.out
    assert "not for diagnosis" in " ".join(ran.out.split())


def test_version_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert polypviewer(capfd, "--version").out == f"polypviewer {program.__version__}\n"


def test_help_loads_no_qt_and_no_runtime() -> None:
    code = (
        "import sys\nfrom polypviewer.cli import main\nsys.argv = ['polypviewer', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('loaded', *sorted({'PySide6', 'onnxruntime', 'sqlalchemy', 'cv2', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "loaded"


@pytest.mark.parametrize("arguments", [[], ["project"], ["./demo"]])
def test_a_folder_or_nothing_opens_the_window(arguments: list[str]) -> None:
    assert with_window(arguments) == ["window", *arguments]


@pytest.mark.parametrize("arguments", [["demo"], ["--help"], ["import", "p", "x"]])
def test_a_command_is_a_command(arguments: list[str]) -> None:
    assert with_window(arguments) == arguments


def test_without_a_display_the_window_is_refused_in_one_line_with_the_cure(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    ran = polypviewer(capfd, tmp_path)
    assert ran.code == 1
    assert "display" in ran.err
    assert "--headless" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("command", ["status", "export", "propose", "finetune"])
def test_a_folder_that_is_no_project_is_one_sentence_and_a_cure(
    command: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    extra = [tmp_path / "out", "--format", "coco"] if command == "export" else []
    ran = polypviewer(capfd, command, tmp_path, *extra)
    assert ran.code == 1
    assert ran.err.startswith("Error: ")
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_an_exam_rule_that_is_none_is_refused(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ran = polypviewer(capfd, "import", tmp_path / "p", tmp_path, "--exam", "by-date")
    assert ran.code == 1
    assert "by-date" in ran.err


def test_doctor_says_the_same_to_programs(capfd: pytest.CaptureFixture[str]) -> None:
    ran = polypviewer(capfd, "doctor", "--json")
    checks = ran.json["checks"]
    assert isinstance(checks, list)
    assert {"python", "onnxruntime", "models"} <= {check["name"] for check in checks}
    assert all(check["cure"] for check in checks if check["state"] == "error")
    assert ran.code == (1 if any(check["state"] == "error" for check in checks) else 0)
