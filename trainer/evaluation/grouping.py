"""Which frames stand together when whole groups are resampled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.duplicates import group_near
from trainer.data.folders import Pair


@dataclass(frozen=True, slots=True)
class Grouping:
    """`of`: the group of each key. `source`: how each was found: exam, sequence, centre or hash."""

    of: Mapping[str, str]
    source: Mapping[str, str]

    def told(self, keys: Sequence[str]) -> dict[str, object]:
        """What a report says about the groups of these frames."""
        sources = Counter(self.source[key] for key in keys)
        return {"number": len({self.of[key] for key in keys}), "frames_by_source": dict(sources)}

    def words(self, keys: Sequence[str]) -> str:
        """Whether frames of one patient can stand in two groups."""
        sources = {self.source[key] for key in keys}
        if sources == {"exam"}:
            return "groups are exams: as safe as the exams that the data names"
        return (
            f"not known: groups are by {', '.join(sorted(sources))}; a hash finds duplicates, not patients, "
            "so intervals are too narrow"
        )


def near_grouping(pairs: Sequence[Pair], hashes: NDArray[np.uint8]) -> Grouping:
    """Groups of near-duplicates by perceptual hash `(n, 64)`."""
    keys = [pair.key for pair in pairs]
    return Grouping(dict(zip(keys, group_near(keys, hashes), strict=True)), dict.fromkeys(keys, "hash"))
