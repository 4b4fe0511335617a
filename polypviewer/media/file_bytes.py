"""Bytes of files: reading with an answer for each way it can fail, and fingerprints."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from polypviewer.core.errors import MediaError

_CHUNK: Final = 1 << 20


def file_size(path: Path) -> int:
    """Bytes in a file. Raises `MediaError` if it is missing, unreadable, no file, or empty."""
    try:
        if not path.is_file():
            raise MediaError("media.missing", name=path.name)
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if size == 0:
        raise MediaError("media.empty", name=path.name)
    return size


def read_bytes(path: Path, *, at_most: int) -> bytes:
    """All bytes of a file of at most `at_most` bytes. Raises `MediaError`."""
    size = file_size(path)
    if size > at_most:
        raise MediaError("media.file_too_large", name=path.name, size=size)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def fingerprint(path: Path) -> str:
    """`file1:` and BLAKE2b-128 of all bytes of the file. Raises `MediaError`."""
    file_size(path)
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise _unreadable(path, error) from error
    return f"file1:{digest.hexdigest()}"


def fingerprint_of(data: bytes) -> str:
    """`fingerprint` of bytes that are already in memory."""
    return f"file1:{hashlib.blake2b(data, digest_size=16).hexdigest()}"


def _unreadable(path: Path, error: OSError) -> MediaError:
    return MediaError("media.unreadable", name=path.name, reason=error.strerror or str(error))
