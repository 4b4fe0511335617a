"""What a data set is: counted and measured, before anyone decides how to train on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trainer.data.folders import Pair
from trainer.data.groups import groups_of
from trainer.data.scan import Seen, unpacked

SMALL: Final = 0.02
"""Share of the field under which a lesion is small: the lowest stratum of our reports."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Counts and shares (0..1). `parts`: frames and empty frames of each data set or centre.

    `side`: median of the frames' shorter side in pixels. `lesion`: 5th, 50th and 95th percentile of a lesion's share of
    the field; `small`: share of lesions under 2 %. `prevalence`: mean share of the field that is lesion, over all
    frames. `groups`: number of groups by exam, sequence or hash; `largest`: frames of the largest. `repeated`: frames
    whose pixels stand there already. `field`: median share of the frame inside the field of view. `insets`,
    `insets_empty`: share of frames with a polyp, and of those without, that carry an inset.
    """

    frames: int
    empty: int
    parts: Mapping[str, tuple[int, int]]
    side: int
    lesions: int
    lesion: tuple[float, float, float]
    small: float
    prevalence: float
    ignored: float
    groups: Mapping[str, int]
    largest: int
    repeated: int
    grey: float
    field: float
    insets: float
    insets_empty: float


def fingerprint(pairs: Sequence[Pair], seen: Sequence[Seen], *, by: str = "auto") -> Fingerprint:
    """Measure a data set. `seen`: what `scan.look_at` gave for `pairs`, at least one frame."""
    groups = groups_of(pairs, by=by, hashes=unpacked([one.bits for one in seen]))
    lesions = np.array([share for one in seen for share in one.lesions])
    sizes = Counter(groups.of.values())
    parts: dict[str, tuple[int, int]] = {}
    for pair, one in zip(pairs, seen, strict=True):
        centre = pair.unit("centre")
        name = pair.dataset if centre is None else f"{pair.dataset} {centre}"
        frames, empty = parts.get(name, (0, 0))
        parts[name] = (frames + 1, empty + one.is_empty)
    low, middle, high = np.percentile(lesions, (5, 50, 95)) if len(lesions) else (0.0, 0.0, 0.0)
    return Fingerprint(
        frames=len(seen),
        empty=sum(one.is_empty for one in seen),
        parts=parts,
        side=int(np.median([min(one.height, one.width) for one in seen])),
        lesions=len(lesions),
        lesion=(float(low), float(middle), float(high)),
        small=float((lesions < SMALL).mean()) if len(lesions) else 0.0,
        prevalence=float(np.mean([sum(one.lesions) for one in seen])),
        ignored=float(np.mean([one.ignored for one in seen])),
        groups=dict(Counter(groups.source[key] for key in _one_of_each(groups.of))),
        largest=max(sizes.values()),
        repeated=len(seen) - len({one.pixels for one in seen}),
        grey=float(np.mean([one.is_grey for one in seen])),
        field=float(np.median([one.field for one in seen])),
        insets=_share_with_insets([one for one in seen if not one.is_empty]),
        insets_empty=_share_with_insets([one for one in seen if one.is_empty]),
    )


def _one_of_each(group_of: Mapping[str, str]) -> list[str]:
    """One key of each group."""
    return list({group: key for key, group in group_of.items()}.values())


def _share_with_insets(seen: Sequence[Seen]) -> float:
    return float(np.mean([one.insets > 0 for one in seen])) if seen else 0.0
