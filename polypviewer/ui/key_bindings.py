"""What a reader changed of a preset's keys, and what becomes of the whole table: no key belongs to two actions.

The setting `own_keys` is one text: `{"schema": 1, "keys": {"<action id>": ["<key as Qt writes it>", ...]}}`. An empty
list takes an action's keys away. What cannot be read is passed over; ids that this version does not know are kept.
A reader's own keys win over the preset's: the action that had the key in the preset does without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtGui import QKeySequence

from polypviewer.ui.actions import ACTIONS, BY_ID, ActionSpec, Keys, Preset, keys_of

SCHEMA: Final = 1
FIXED: Final = frozenset({"pan", "play"})
"""Space is both, by how long it is held: these two cannot have another key."""
ON_PICTURE: Final = frozenset({"next_component", "previous_component"})
"""They listen only while the picture has the focus, so they may have Tab, which moves the focus elsewhere."""
RESERVED: Final = {
    "Esc": "Esc takes back what is under way, everywhere",
    "Space": "Space moves the picture while it is held, and plays a video when it is tapped",
}
"""Keys that no action can have, and why."""
TABS: Final = frozenset({"Tab", "Shift+Tab"})
_SAME: Final = ("Return", "Enter")
"""The two keys that people call Enter."""


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The keys of the actions that a reader changed, by id, as Qt writes them; an empty tuple: none."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def with_keys(self, action_id: str, keys: Iterable[str]) -> OwnKeys:
        """An action with exactly these keys; other changed actions lose those that they share with it."""
        wanted = tuple(dict.fromkeys(keys))
        rest = {name: tuple(key for key in own if key not in wanted or not meet(name, action_id))
                for name, own in self.keys.items() if name != action_id}  # fmt: skip
        return OwnKeys({**rest, action_id: wanted})

    def without(self, action_id: str) -> OwnKeys:
        """An action with the preset's keys again."""
        return OwnKeys({name: own for name, own in self.keys.items() if name != action_id})


def key_table(preset: Preset, own: OwnKeys) -> dict[str, tuple[str, ...]]:
    """The keys of every action. Of two changed actions with one key, the first in the table of actions has it."""
    table: dict[str, tuple[str, ...]] = {}
    owners: dict[str, list[str]] = {}
    for spec in (*(s for s in ACTIONS if s.id in own.keys), *(s for s in ACTIONS if s.id not in own.keys)):
        if spec.id in own.keys:
            keys = tuple(key for key in own.keys[spec.id] if refusal(spec.id, key) is None)
        else:
            keys = keys_of(spec, preset)
        table[spec.id] = tuple(key for key in keys if not any(meet(name, spec.id) for name in owners.get(key, ())))
        if spec.id in own.keys:
            for key in table[spec.id]:
                owners.setdefault(key, []).append(spec.id)
    return table


def owner_of(key: str, keys: Keys, *, for_action: str) -> ActionSpec | None:
    """The other action that has a key wherever `for_action` can be asked for; None if nobody has it."""
    for spec in ACTIONS:
        if spec.id != for_action and meet(spec.id, for_action) and key in map(plain, keys_of(spec, keys)):
            return spec
    return None


def refusal(action_id: str, key: str) -> str | None:
    """Why an action cannot have a key, as a sentence without its full stop; None if it can."""
    if action_id in FIXED:
        return RESERVED["Space"]
    if key in RESERVED:
        return RESERVED[key]
    if key in TABS and action_id not in ON_PICTURE:
        return "Tab moves from one control to the next"
    if BY_ID[action_id].held and "+" in key.removesuffix("+"):
        return "A key that is held stands alone, without Ctrl, Alt or Shift"
    return None


def meet(one: str, other: str) -> bool:
    """True if two actions can be on at the same time; an id that is not known meets nobody."""
    if one not in BY_ID or other not in BY_ID:
        return False
    return bool(BY_ID[one].layouts & BY_ID[other].layouts)


def twins(key: str) -> tuple[str, ...]:
    """The key, and with Enter the one of the number block too."""
    head, _, last = key.rpartition("+")
    if last not in _SAME:
        return (key,)
    return tuple(f"{head}+{name}" if head else name for name in _SAME)


def plain(key: str) -> str:
    """A key as Qt writes it everywhere ("Ctrl+K"); "" for what is not one key, or none that Qt knows."""
    sequence = QKeySequence(key)
    return sequence.toString(QKeySequence.SequenceFormat.PortableText) if sequence.count() == 1 else ""


def own_keys_text(own: OwnKeys) -> str:
    """The text of the setting; "" where nothing is changed."""
    return json.dumps({"schema": SCHEMA, "keys": dict(own.keys)}) if own.keys else ""


def own_keys_of(text: str) -> OwnKeys:
    """What a text of the setting says; where it cannot be read, nothing is changed."""
    try:
        stored = json.loads(text)
        rows = stored["keys"].items() if stored["schema"] == SCHEMA else ()
    except (ValueError, KeyError, TypeError, AttributeError):
        return OwnKeys()
    return OwnKeys({str(name): _known(keys) for name, keys in rows if isinstance(keys, list)})


def _known(keys: list[object]) -> tuple[str, ...]:
    """The keys of a stored list that Qt knows."""
    return tuple(dict.fromkeys(plain(key) for key in keys if isinstance(key, str) and plain(key)))
