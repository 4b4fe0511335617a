"""The Check: one line of what `polypviewer doctor` reports about this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CheckState = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is what was looked at, `detail` what was found, `cure` what to do next ("" when nothing needs doing).

    "warning": the program runs without it; "error": something that people need does not work.
    """

    name: str
    state: CheckState
    detail: str
    cure: str = ""
