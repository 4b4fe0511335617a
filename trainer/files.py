"""Files and folders that are either whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from trainer.errors import SurroundingsError


def digest_of(path: Path) -> str:
    """SHA-256 of a file as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, sync it, and move it into place.

    Raises SurroundingsError when the disk refuses; then `path` is as it was.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        _sync(beside)
        beside.replace(path)
    except OSError as error:
        raise disk_trouble(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def write_json(path: Path, values: object) -> None:
    """Write JSON (UTF-8, sorted as given) whole."""
    text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, lambda beside: beside.write_text(text, "utf-8"))


def write_folder_whole(place: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a folder beside `place` and move it there; what stood there before goes only then."""
    mark = uuid.uuid4().hex[:8]
    beside, old = place.with_name(f".{place.name}.{mark}"), place.with_name(f".{place.name}.{mark}.old")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir()
        fill(beside)
        for path in beside.iterdir():
            _sync(path)
        if place.exists():
            place.rename(old)
        beside.rename(place)
    except OSError as error:
        if old.exists() and not place.exists():
            old.rename(place)
        raise disk_trouble(error, place) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def disk_trouble(error: OSError, path: Path) -> SurroundingsError:
    """One sentence for a disk that is full, read-only or not ours."""
    return SurroundingsError(
        "disk.write",
        f"{path} cannot be written: {error.strerror or error}.",
        "Free some space or choose a folder you may write to, then start again; nothing half done was left.",
    )


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
