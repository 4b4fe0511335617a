"""PySide6 6.12 on Python 3.11: calls give away references to None and True that they do not own.

After some ten thousand calls more than there are references the interpreter aborts ("none_dealloc: deallocating None").
From Python 3.12 on these constants are immortal and nothing happens. On 3.11 they are made so here, by a reference
count that no program can use up. See docs/decisions/0003-constants-on-python-3.11.md.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

PLENTY: Final = 1 << 40
CONSTANTS: Final = (None, True, False, NotImplemented, Ellipsis)
_TOLERANCE: Final = 8
_ONE_BY_ONE: Final = 5_000_000


def hold_constants() -> None:
    """Give each constant more references than can be lost. Does nothing from Python 3.12 on, or when done already."""
    if sys.version_info >= (3, 12):
        return
    for value in CONSTANTS:
        if sys.getrefcount(value) < PLENTY // 2:
            _hold(value)


def _hold(value: object) -> None:
    count = ctypes.c_ssize_t.from_address(id(value))
    if abs(count.value - sys.getrefcount(value)) <= _TOLERANCE:
        count.value += PLENTY
        return
    # An interpreter built with another object layout: the slow, official way.
    for _ in range(_ONE_BY_ONE):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
