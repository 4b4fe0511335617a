"""Window text: one way in for translation, and the few formats that every widget shares."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

CONTEXT: Final = "ui"


def translate(sentence: str, **fields: object) -> str:
    """`sentence` in the user's language; `{fields}` are filled in after the translation."""
    text = QCoreApplication.translate(CONTEXT, sentence)
    return text.format(**fields) if fields else text


def duration_text(seconds: float) -> str:
    """A duration as a person says it: "8 s", "2 min 05 s", "about 12 min", "1 h 05 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return translate("{seconds} s", seconds=whole)
    minutes, rest = divmod(whole, 60)
    if minutes < 10:
        return translate("{minutes} min {seconds:02d} s", minutes=minutes, seconds=rest)
    if minutes < 60:
        return translate("about {minutes} min", minutes=minutes)
    return translate("{hours} h {minutes:02d} min", hours=minutes // 60, minutes=minutes % 60)


def clock_text(seconds: float) -> str:
    """A position in a video: "05:12.480", with hours from one hour on."""
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{hours}:{tail}" if hours else tail


def count_text(number: int) -> str:
    """A count with thin groups of three: "27 140"."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def figure_text(value: float | None, *, digits: int = 2) -> str:
    """A figure between 0 and 1 as "0.94", or a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"
