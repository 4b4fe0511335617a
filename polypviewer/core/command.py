"""The Command: one undoable step, of one reader, on one or more frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from polypviewer.core.identity import FrameRef
from polypviewer.core.patch import MaskPatch

FIELDS = ("presence", "decision", "decided_by", "origin", "proposal_id", "dismissed", "comment", "reason")
_LESION_PREFIX = "lesion:"
_CHANGE_OVERHEAD = 160


@dataclass(frozen=True, slots=True)
class MaskChange:
    """A change of pixels of one frame."""

    frame: FrameRef
    patch: MaskPatch


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A change of one field of one frame's annotation, as text; None where the field has no value.

    `field` is one of `FIELDS` or `lesion:<slot>` (the lesion's id).
    """

    frame: FrameRef
    field: str
    before: str | None
    after: str | None

    def __post_init__(self) -> None:
        if self.field not in FIELDS and not is_lesion_field(self.field):
            raise ValueError(f"unknown annotation field {self.field!r}")


Change = MaskChange | ValueChange


@dataclass(frozen=True, slots=True)
class Command:
    """One step of work. `kind` names it for the history list ("stroke", "erase", "accept", "no_polyp", ...).

    `size_bytes`: memory that keeping it for undo costs, for the history's budget. It and the order by frame are found
    where the command is made: a step on thousands of frames is made on a lane.
    """

    id: UUID
    reader_id: UUID
    kind: str
    changes: tuple[Change, ...]
    group: UUID | None = None
    text: str = ""
    size_bytes: int = field(init=False, compare=False, repr=False)
    _on: Mapping[FrameRef, Sequence[Change]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        on: dict[FrameRef, list[Change]] = {}
        for change in self.changes:
            on.setdefault(change.frame, []).append(change)
        pixels = sum(len(change.patch.packed) for change in self.changes if isinstance(change, MaskChange))
        object.__setattr__(self, "size_bytes", _CHANGE_OVERHEAD * len(self.changes) + pixels)
        object.__setattr__(self, "_on", on)

    @property
    def frames(self) -> tuple[FrameRef, ...]:
        """The frames that it touches, in order of first mention."""
        return tuple(self._on)

    def on(self, frame: FrameRef) -> Sequence[Change]:
        """What it changes on one frame, in order; nothing where it does not touch it."""
        return self._on.get(frame, ())


def is_lesion_field(field: str) -> bool:
    """True for `lesion:<slot>` with a slot of 1-254."""
    slot = field.removeprefix(_LESION_PREFIX)
    return field.startswith(_LESION_PREFIX) and slot.isdecimal() and 1 <= int(slot) <= 254


def lesion_field(slot: int) -> str:
    """Name of the field that holds the lesion of a slot."""
    return f"{_LESION_PREFIX}{slot}"


def inverse_change(change: Change) -> Change:
    """The change that takes `change` back."""
    if isinstance(change, MaskChange):
        return change
    return ValueChange(change.frame, change.field, change.after, change.before)


def inverse(command: Command) -> tuple[Change, ...]:
    """The changes that take the whole command back, last first."""
    return inverted(command.changes)


def inverted(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes that take `changes` back, last first."""
    return tuple(inverse_change(change) for change in reversed(changes))
