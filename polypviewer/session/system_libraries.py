"""Which system libraries Qt's windows lack on this machine, and the Debian packages that bring them.

Nothing here imports QtGui or loads a plugin: the shared files are found beside the package and read by `ldd`, or, where
there is no `ldd`, tried one after another in a process of their own. So nothing here can end this process.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PACKAGES: Final[dict[str, str]] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libXau.so.6": "libxau6",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xinput.so.0": "libxcb-xinput0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libpng16.so.16": "libpng16-16",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
"""Debian's and Ubuntu's package of each shared library that Qt's windows need."""

_MISSING: Final = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)
_CANNOT_OPEN: Final = re.compile(r"(\S+\.so[.\d]*): cannot open shared object file")
_SECONDS: Final = 20.0


def missing_libraries(files: Iterable[Path]) -> tuple[str, ...]:
    """Names ("libEGL.so.1") of the shared libraries that the given shared files need and the system lacks."""
    paths = [str(path) for path in files]
    if not paths:
        return ()
    output = _output(["ldd", *paths]) if shutil.which("ldd") else None
    if output is not None:
        return _ordered(_MISSING.findall(output))
    return _ordered(name for path in paths for name in _CANNOT_OPEN.findall(_output(_load_command(path)) or ""))


def window_files(platform: str) -> tuple[Path, ...]:
    """The shared files that a window on a Qt platform ("xcb", "wayland", "offscreen") needs; () without PySide6."""
    folder = pyside_folder()
    if folder is None:
        return ()
    modules = [path for name in ("QtGui", "QtWidgets") for path in folder.glob(f"{name}*.so")]
    return (*modules, *sorted(_plugins(folder).glob(f"libq{platform}.so")))


def platforms() -> tuple[str, ...]:
    """The platforms that the installed Qt has plugins for; () without PySide6."""
    folder = pyside_folder()
    found = _plugins(folder).glob("libq*.so") if folder is not None else ()
    return tuple(sorted(path.stem.removeprefix("libq") for path in found))


def x_server_answers(display: str) -> bool:
    """Whether an X server accepts a connection on `display` (":0"); libxcb itself asks, with the user's authority."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    answers = bool(xcb.xcb_connection_has_error(connection) == 0)
    xcb.xcb_disconnect(connection)
    return answers


def pyside_folder() -> Path | None:
    """Where PySide6 is installed, without importing it; None where it is not."""
    spec = find_spec("PySide6")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None


def install_command(libraries: Iterable[str]) -> str:
    """The command that installs the packages of `libraries` on Debian and Ubuntu."""
    names = [PACKAGES.get(library, library) for library in libraries]
    prefix = "" if getattr(os, "geteuid", int)() == 0 else "sudo "
    return f"{prefix}apt-get install -y {' '.join(dict.fromkeys(names))}"


def _plugins(folder: Path) -> Path:
    return folder / "Qt" / "plugins" / "platforms"


def _load_command(path: str) -> list[str]:
    return [sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", path]


def _output(command: list[str]) -> str | None:
    """What a program writes to stdout and stderr; None if it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, errors="replace")
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout + done.stderr


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=str.lower))
