"""What `polypviewer status` says to a person: the project first, then what its reader did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from polypviewer.session.messages import message

_DIGITS = 12
"""So many characters of a digest tell models apart."""


def status_lines(status: Mapping[str, Any]) -> Iterator[str]:
    """Lines of `session.jobs.status_of`."""
    yield f"{status['name']}: {status['decided']} of {status['frames']} frames decided, by all readers together"
    if status["read_only"]:
        yield f"  It is read-only now; {status['holder']}."
    lights = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in status["by_status"].items() if count)
    yield f"  Reader {status['reader']}: {status['decided_by_reader']} decided ({lights or 'no frames'})"
    yield f"  Media: {status['media']}, in {status['exams']} known examinations"
    if not status["patient_safe"]:
        yield f"  Not patient-safe: the examination of {status['unknown_exam_media']} media is not known"
    for item in status["broken"]:
        yield f"  {item['name']} cannot be read: {item['reason']}"
    model = status["active_model"]
    yield f"  Proposals: {status['proposed']} frames; model {model[:_DIGITS] if model else 'not chosen yet'}"
    for notice in status["notices"]:
        yield f"  {message(f'open.{notice}').sentence}"
