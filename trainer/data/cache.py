"""Prepared frames kept on disk, so that the next run of the same frames at the same size starts at once.

One set is two NumPy files. Their name is a digest of every key and file, of the size and of the version of the
geometry: a set that was changed anywhere is another set, and what is found under the name is right. Each file is moved
into place whole, so several runs may read and write the same cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from trainer.data.pairs import Pair
from trainer.data.pixels import read_bytes
from trainer.files import write_whole

GEOMETRY: Final = "fov-1 stretch 1"
"""Changed with the pixels that `network_input` and `label_input` give."""
Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""`(n, s, s, 3)` images and `(n, s, s)` labels."""


def cache_folder() -> Path:
    """Where caches stand when no folder is named: the user's own cache folder."""
    return Path(platformdirs.user_cache_dir("polyp-trainer")) / "frames"


def set_digest(pairs: Sequence[Pair], *, size: int, crop: bool, threads: int) -> str:
    """What the prepared frames of these pairs depend on, as 32 hex digits: keys, bytes of all files, size, geometry."""
    paths = sorted({path for pair in pairs for path in pair.files})
    with ThreadPoolExecutor(threads) as pool:
        digests = dict(zip(paths, pool.map(_file_digest, paths), strict=True))
    opencv = ".".join(cv2.__version__.split(".")[:2])
    whole = hashlib.blake2b(f"{GEOMETRY}\n{opencv}\n{size}\n{crop}\n".encode(), digest_size=16)
    for pair in pairs:
        whole.update("\t".join((pair.key, *(digests[path] for path in pair.files))).encode() + b"\n")
    return whole.hexdigest()


def _file_digest(path: Path) -> str:
    return hashlib.blake2b(read_bytes(path), digest_size=16).hexdigest()


def kept(folder: Path, digest: str, *, count: int, size: int, say: Callable[[str], None]) -> Arrays | None:
    """The set as memory-mapped arrays (changes stay in memory); None where it is not there or damaged."""
    images, labels = _places(folder, digest)
    if not (images.is_file() and labels.is_file()):
        return None
    try:
        found = np.load(images, mmap_mode="c"), np.load(labels, mmap_mode="c")
    except (OSError, ValueError, EOFError) as error:
        say(f"The cache {images} is damaged ({error}) and is made again.")
        return None
    if found[0].shape != (count, size, size, 3) or found[1].shape != (count, size, size):
        say(f"The cache {images} does not fit its name and is made again.")
        return None
    say(f"Prepared frames come from the cache {images}.")
    return found


def keep(folder: Path, digest: str, arrays: Arrays, *, say: Callable[[str], None]) -> None:
    """Write the set. Raises SurroundingsError when the disk refuses; then no half a file is left."""
    for path, array in zip(_places(folder, digest), arrays, strict=True):
        write_whole(path, lambda beside, array=array: _save(beside, array))  # type: ignore[misc]
    say(f"Prepared frames are kept in the cache {_places(folder, digest)[0]}.")


def _save(path: Path, array: NDArray[np.uint8]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _places(folder: Path, digest: str) -> tuple[Path, Path]:
    return folder / f"{digest}.images.npy", folder / f"{digest}.labels.npy"
