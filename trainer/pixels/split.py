"""Hash-stable split: a group's side depends on its key and the salt alone, never on order or on the other groups.

The trainer's copy (twice on purpose). Specification: docs/formats.md;
golden vectors in tests/contract/golden_pixels.json.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Side = Literal["train", "holdout"]


def stable_fraction(group: str, *, salt: str = "") -> float:
    """A number in [0, 1) that only the group's key and the salt decide.

    BLAKE2b of `salt:group` in UTF-8, 8 bytes read big-endian, modulo a million, in millionths.
    """
    digest = hashlib.blake2b(f"{salt}:{group}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 1_000_000 / 1_000_000


def side_of(group: str, *, holdout: float, salt: str = "") -> Side:
    """`holdout` for the given share (0..1) of groups, else `train`; adding groups never moves one."""
    return "holdout" if stable_fraction(group, salt=salt) < holdout else "train"
