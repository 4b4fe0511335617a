"""What doctor says about windows and disks; and whether a window can open, without trying and failing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from polypviewer.session import diagnosis
from polypviewer.session.diagnosis import disk_checks, doctor_checks, qt_platform, window_checks, window_problem
from polypviewer.session.system_libraries import install_command, missing_libraries, platforms, window_files

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="system libraries and displays are Linux matters")
COMPILER = shutil.which("cc") or shutil.which("gcc")


def states(environment: dict[str, str]) -> dict[str, str]:
    return {check.name: check.state for check in window_checks(environment)}


@LINUX
def test_no_display_is_a_problem_in_one_line_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(diagnosis, "missing_libraries", lambda files: ())
    problem = window_problem()
    assert problem is not None
    assert "no display" in problem
    assert "--headless" in problem
    assert "\n" not in problem


@LINUX
def test_missing_system_libraries_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(diagnosis, "missing_libraries", lambda files: ("libEGL.so.1", "libxcb-cursor.so.0"))
    assert window_problem() == (
        "Qt's windows lack the system libraries libEGL.so.1, libxcb-cursor.so.0. "
        f"Run: {install_command(['libEGL.so.1', 'libxcb-cursor.so.0'])}."
    )


@LINUX
def test_a_display_where_nobody_answers_is_found_before_qt_ends_the_process() -> None:
    if missing_libraries(window_files("xcb")):
        pytest.skip("Qt's system libraries are not on this machine")
    assert states({"DISPLAY": ":4711"})["display"] == "error"


@LINUX
def test_a_display_that_answers_is_no_problem(real_display: str) -> None:
    assert states({"DISPLAY": real_display}) == {"qt": "ok", "system libraries": "ok", "display": "ok"}


@LINUX
def test_a_platform_that_qt_does_not_have_is_an_error() -> None:
    checks = {check.name: check for check in window_checks({"QT_QPA_PLATFORM": "paper"})}
    assert "paper" in checks["system libraries"].detail
    assert "offscreen" in checks["system libraries"].cure


@LINUX
def test_the_platform_is_chosen_as_qt_chooses_it() -> None:
    assert qt_platform({}) is None
    assert qt_platform({"DISPLAY": ":0"}) == "xcb"
    assert qt_platform({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}) == "wayland"
    assert qt_platform({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen:size=1x1"}) == "offscreen"
    assert {"xcb", "offscreen", "wayland"} <= set(platforms())


@LINUX
def test_nothing_of_qt_is_loaded_by_looking() -> None:
    code = (
        "import sys\nfrom polypviewer.session.diagnosis import window_problem\nwindow_problem()\n"
        "maps = open('/proc/self/maps').read()\n"
        "print('libQt6' in maps, [m for m in ('PySide6', 'av', 'onnxruntime', 'torch') if m in sys.modules])"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "DISPLAY": ":4711"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "False []"


@LINUX
@pytest.mark.parametrize("with_ldd", [True, False])
def test_a_library_that_is_missing_is_found_with_and_without_ldd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_ldd: bool
) -> None:
    if COMPILER is None:
        pytest.skip("there is no C compiler to make a shared file that lacks a library")
    if with_ldd and shutil.which("ldd") is None:
        pytest.skip("there is no ldd")
    if not with_ldd:
        monkeypatch.setattr(shutil, "which", lambda name: None)
    needed, plugin = tmp_path / "libgone.so.3", tmp_path / "libplugin.so"
    subprocess.run([COMPILER, "-shared", "-o", needed, "-Wl,-soname,libgone.so.3", "-x", "c", os.devnull], check=True)
    subprocess.run([COMPILER, "-shared", "-o", plugin, "-Wl,--no-as-needed", needed], check=True)
    needed.unlink()
    assert missing_libraries([plugin]) == ("libgone.so.3",)


def test_every_known_library_has_a_debian_package_and_unknown_ones_keep_their_name() -> None:
    command = install_command(["libGL.so.1", "libgthread-2.0.so.0", "libglib-2.0.so.0", "libodd.so.9"])
    assert command.removeprefix("sudo ") == "apt-get install -y libgl1 libglib2.0-0 libodd.so.9"


def test_without_pyside_the_cure_is_to_install_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "pyside_folder", lambda: None)
    problem = window_problem()
    assert problem is not None
    assert "pip install" in problem


def test_a_full_and_a_read_only_disk_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space, writing = disk_checks("projects", tmp_path / "not" / "made" / "yet")
    assert (space.name, writing.state) == ("space for projects", "ok")
    assert str(tmp_path) in writing.detail
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(diagnosis, "LITTLE_SPACE", 1 << 70)
    assert disk_checks("projects", tmp_path)[0].state == "warning"
    assert disk_checks("projects", Path("/proc"))[1].state == "error" if sys.platform == "linux" else True


def test_the_whole_report_gives_every_problem_a_cure(tmp_path: Path) -> None:
    checks = doctor_checks(folders={"project": tmp_path}, bundle_roots=(tmp_path,))
    names = [check.name for check in checks]
    for name in ("python", "onnxruntime", "qt", "video", "images", "models", "space for project", "writing project"):
        assert name in names
    assert all(check.cure for check in checks if check.state != "ok")
