"""What `polypviewer doctor` reports about windows and disks, and the whole report of all rooms."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from polypviewer.core.check import Check
from polypviewer.session.system_libraries import (
    install_command,
    missing_libraries,
    platforms,
    pyside_folder,
    window_files,
    x_server_answers,
)

LITTLE_SPACE: Final = 2 << 30
"""Bytes: a project of 100,000 frames with its cache, and one training run with its bundle, fit into this."""
NO_DISPLAY: Final = "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."
NO_DISPLAY_CURE: Final = (
    "Run it in a desktop session, over ssh -X, or under xvfb-run -a; commands with --headless need no display."
)


def doctor_checks(*, folders: Mapping[str, Path], bundle_roots: tuple[Path, ...]) -> tuple[Check, ...]:
    """The whole report of all rooms.

    `folders`: by what each is for ("project", "settings"); `bundle_roots`: where models may lie.
    """
    # The window asks this module for `window_problem` before its first paint: only the report needs the rooms.
    from polypviewer.media.diagnosis import codec_checks
    from polypviewer.segmentation.bundle import search_bundles
    from polypviewer.segmentation.diagnosis import model_checks, runtime_checks

    return (
        *runtime_checks(),
        *window_checks(),
        *codec_checks(),
        *model_checks(search_bundles(*bundle_roots)),
        *(check for purpose, folder in folders.items() for check in disk_checks(purpose, folder)),
    )


def window_problem() -> str | None:
    """Why no window can open here, with the cure, as one line; None where one can.

    Takes some 50 ms, loads no part of Qt into this process, and cannot end it.
    """
    problems = [f"{check.detail} {check.cure}" for check in window_checks() if check.state == "error"]
    return " ".join(problems) or None


def window_checks(environment: Mapping[str, str] | None = None) -> tuple[Check, ...]:
    """Qt's package, its platform and a display, and the system libraries that the platform needs.

    `environment`: variables to look at; this process's own by default.
    """
    variables = os.environ if environment is None else environment
    if pyside_folder() is None:
        cure = "Install the program again: pip install 'polypviewer[cpu]'."
        return (Check("qt", "error", "PySide6 is not installed.", cure),)
    platform = qt_platform(variables)
    installed = Check("qt", "ok", f"PySide6 {metadata.version('PySide6-Essentials')}, platform {platform or 'none'}")
    if sys.platform != "linux":
        return (installed,)
    libraries = _library_check(platform or "xcb")
    return (installed, libraries, _display_check(platform, variables, libraries=libraries))


def qt_platform(variables: Mapping[str, str]) -> str | None:
    """The Qt platform that a window would take: as told by QT_QPA_PLATFORM, else by the display; None without one."""
    told = variables.get("QT_QPA_PLATFORM", "").partition(";")[0].partition(":")[0]
    if told:
        return told
    if sys.platform != "linux":
        return {"darwin": "cocoa", "win32": "windows"}.get(sys.platform)
    if variables.get("WAYLAND_DISPLAY"):
        return "wayland"
    return "xcb" if variables.get("DISPLAY") else None


def disk_checks(purpose: str, folder: Path) -> tuple[Check, ...]:
    """Free space and write access where `folder` lies, or will lie once it is made."""
    place = _nearest_existing(folder)
    return _space_check(purpose, place, free=shutil.disk_usage(place).free), _write_check(purpose, place)


def _display_check(platform: str | None, variables: Mapping[str, str], *, libraries: Check) -> Check:
    """Whether there is a display, and an X server that answers: Qt ends the whole process where none does."""
    if platform is None:
        return Check("display", "error", NO_DISPLAY, NO_DISPLAY_CURE)
    display = variables.get("DISPLAY", "")
    if platform == "xcb" and libraries.state == "ok" and not x_server_answers(display):
        return Check("display", "error", f"No X server answers on the display {display!r}.", NO_DISPLAY_CURE)
    return Check("display", "ok", f"windows open on {platform}")


def _library_check(platform: str) -> Check:
    if platform not in platforms():
        detail = f"Qt has no platform {platform!r}."
        return Check("system libraries", "error", detail, f"Set QT_QPA_PLATFORM to one of {', '.join(platforms())}.")
    missing = missing_libraries(window_files(platform))
    if missing:
        detail = f"Qt's windows lack the system libraries {', '.join(missing)}."
        return Check("system libraries", "error", detail, f"Run: {install_command(missing)}.")
    return Check("system libraries", "ok", f"all that Qt needs for {platform} are there")


def _space_check(purpose: str, place: Path, *, free: int) -> Check:
    detail = f"{free / (1 << 30):.1f} GiB free in {place}"
    if free < LITTLE_SPACE:
        return Check(f"space for {purpose}", "warning", detail, "Free some space, or choose another disk.")
    return Check(f"space for {purpose}", "ok", detail)


def _write_check(purpose: str, place: Path) -> Check:
    name = f"writing {purpose}"
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"polypviewer")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        cure = "Choose a folder that you may write to, or ask who looks after this machine."
        return Check(name, "error", f"{place} cannot be written to: {error.strerror or error}", cure)
    return Check(name, "ok", f"{place} can be written to")


def _nearest_existing(folder: Path) -> Path:
    absolute = folder.absolute()
    return next(place for place in (absolute, *absolute.parents) if place.is_dir())
