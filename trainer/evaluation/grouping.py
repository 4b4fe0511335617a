"""Which frames stand together when whole groups are resampled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.folders import Pair
from trainer.data.groups import groups_of


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
        known = f"not known: groups are by {', '.join(sorted(sources))}"
        if "hash" in sources:
            return f"{known}; a hash finds duplicates, not patients, so intervals are too narrow"
        return f"{known}; one patient may stand in several of them"


def grouping_of(pairs: Sequence[Pair], hashes: NDArray[np.uint8], *, by: str = "auto") -> Grouping:
    """Groups by exam or sequence where the data names them (`by`: see `groups_of`), and by near-duplicates."""
    groups = groups_of(pairs, by=by, hashes=hashes)
    return Grouping(groups.of, groups.source)
