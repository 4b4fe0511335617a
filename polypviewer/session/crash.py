"""The local log and what happens when something unexpected goes wrong. It holds pseudonyms only, and never leaves."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final

from polypviewer.core.errors import PolypViewerError
from polypviewer.session.settings import home_folder

LOG: Final = logging.getLogger("polypviewer")
_BYTES: Final = 1_000_000
_KEPT: Final = 5

ExceptHook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


def start_log(folder: Path | None = None) -> Path | None:
    """Begin the rotating log in `folder` (by default "logs" in the user's folder).

    None where nothing can be written.
    """
    place = folder or home_folder() / "logs"
    try:
        place.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(place / "polypviewer.log", maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for old in list(LOG.handlers):
        stop_log(old)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    return place / "polypviewer.log"


def stop_log(handler: logging.Handler | None = None) -> None:
    """Close one handler, or all."""
    for old in [handler] if handler is not None else list(LOG.handlers):
        LOG.removeHandler(old)
        old.close()


def log_error(error: BaseException) -> None:
    """An expected error by its code alone (its fields may hold paths); a defect with its trace, without values."""
    if isinstance(error, PolypViewerError):
        LOG.warning("expected %s %s", type(error).__name__, error.code)
        return
    LOG.error("defect %s\n%s", type(error).__name__, trace_without_values(error))


def trace_without_values(error: BaseException) -> str:
    """File, line and function of each step: the message of a foreign error may hold a path or a name."""
    steps = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {Path(step.filename).name}:{step.lineno} in {step.name}" for step in steps)


def install_exception_hook(save_first: Callable[[], None], tell: Callable[[BaseException], None]) -> ExceptHook:
    """Whatever nobody expected: save the work, log it, tell it. Returns the hook that was there before."""
    before: ExceptHook = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):
            before(kind, error, trace)
            return
        log_error(error)
        try:
            save_first()
        except Exception as worse:  # noqa: BLE001 - what broke may break here again; the first error is still to be told
            log_error(worse)
        tell(error)

    sys.excepthook = hook
    return before
