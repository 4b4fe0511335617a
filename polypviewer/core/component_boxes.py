"""What there is to look at in a frame, one thing after the other: the islands of its lesions, then proposed regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polypviewer.core.geometry import Rect
from polypviewer.core.label_map import LabelMap, labelled_rect, slots_present
from polypviewer.core.proposal import Component
from polypviewer.core.region import region_of
from polypviewer.core.regions.lesions import islands


@dataclass(frozen=True, slots=True)
class Part:
    """An island of the lesion `slot`, or with slot 0 a proposed region. `rect`: the tight box in frame pixels."""

    slot: int
    rect: Rect


def parts_of(label_map: LabelMap, proposed: Sequence[Component]) -> tuple[Part, ...]:
    """The islands (8 neighbours) of all lesions of `(height, width)` uint8, then the proposed regions.

    Each by the upper edge of its box, then by the left one. Ignored pixels are no lesion.
    """
    around = labelled_rect(label_map)
    labels = label_map[around.slices]
    painted = [
        Part(slot, box.moved(around.x, around.y)) for slot in slots_present(labels) for box in _boxes(labels, slot)
    ]
    return (*sorted(painted, key=_place), *sorted((Part(0, one.rect) for one in proposed), key=_place))


def part_after(parts: Sequence[Part], last: Part | None, *, step: int) -> Part | None:
    """The part `step` (1 or -1) further round from `last`, or from what lies there now; None if there is none.

    Without a last one, or where nothing is left of it, the first (or the last) part.
    """
    if not parts:
        return None
    here = next((n for n, part in enumerate(parts) if last is not None and _is_same(part, last)), None)
    if here is None:
        return parts[0 if step > 0 else -1]
    return parts[(here + step) % len(parts)]


def _boxes(labels: LabelMap, slot: int) -> list[Rect]:
    region = region_of(labels == slot)
    _, stats = islands(region.mask)
    return [Rect(x, y, width, height).moved(region.rect.x, region.rect.y) for x, y, width, height, _ in stats.tolist()]


def _place(part: Part) -> tuple[int, int, int]:
    return part.rect.y, part.rect.x, part.slot


def _is_same(part: Part, last: Part) -> bool:
    """True also if the part was changed a little since: its box still meets the old one."""
    one, other = part.rect, last.rect
    across = min(one.right, other.right) > max(one.x, other.x)
    down = min(one.bottom, other.bottom) > max(one.y, other.y)
    return part.slot == last.slot and across and down
