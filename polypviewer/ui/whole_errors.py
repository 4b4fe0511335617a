"""PySide6 6.12 on Python 3.11: an error that C code raised may end the process when it leaves a method that Qt calls.

It does so where Python called Qt and Qt called us (`event` calls Qt's, that calls `mousePressEvent`). Python 3.11 hands
such an error on as a type and its bare words; PySide6 takes the words for the error and reads memory that is none. An
error that has been caught once is whole. So every method of ours that stands in for one of Qt's is made to catch and
raise again, and the exception hook gets to save the work. From Python 3.12 on errors are always whole and nothing is
done. See docs/decisions/0009-errors-on-python-3.11.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any

from PySide6.QtCore import QObject


def make_errors_whole() -> None:
    """For every class below QObject that is defined from now on; twice is once."""
    if sys.version_info < (3, 12) and "__init_subclass__" not in vars(QObject):
        QObject.__init_subclass__ = classmethod(_subclass_made)  # type: ignore[assignment, method-assign] # Qt's own has none


def _subclass_made(cls: type[QObject], /, **given: object) -> None:
    super(QObject, cls).__init_subclass__(**given)
    for name, method in list(vars(cls).items()):
        if isinstance(method, FunctionType) and _is_qts(cls, name):
            setattr(cls, name, _whole(method))


def _is_qts(cls: type[QObject], name: str) -> bool:
    return not name.startswith("__") and any(
        name in vars(base) for base in cls.__mro__[1:] if base.__module__.startswith("PySide6.")
    )


def _whole(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return method(*given, **named)
        except BaseException:  # noqa: TRY203 - to catch it is what makes it whole
            raise

    return call
