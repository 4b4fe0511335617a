"""A frame and its mask on disk, before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Rle:
    """One region of a COCO file: compressed run lengths of `(height, width)`, columns first, background first."""

    height: int
    width: int
    counts: str
    is_ignored: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """One frame and its mask on disk; `key` is `dataset/stem`.

    `ignore`: a second mask, of pixels that neither train nor count. `regions`: where `mask` is a COCO file, the regions
    that it gives this frame. `units`: what the frame is part of, as `("exam" | "sequence" | "centre", its key)`.
    """

    key: str
    image: Path
    mask: Path
    ignore: Path | None = None
    regions: tuple[Rle, ...] | None = None
    units: tuple[tuple[str, str], ...] = ()

    @property
    def dataset(self) -> str:
        return self.key.split("/", 1)[0]

    @property
    def stem(self) -> str:
        return self.key.split("/", 1)[1]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the frame is read from."""
        return (self.image, self.mask) if self.ignore is None else (self.image, self.mask, self.ignore)

    def unit(self, kind: str) -> str | None:
        """The key of its exam, sequence or centre; None where that is unknown. Keys hold within one data set."""
        return dict(self.units).get(kind)


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame without a mask; `key` is `dataset/stem`."""

    key: str
    image: Path
    units: tuple[tuple[str, str], ...] = ()
