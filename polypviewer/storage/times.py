"""UTC times as the stores write them."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """The time now: ISO 8601 with microseconds and `Z`; such texts sort by time."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
