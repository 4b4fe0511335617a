"""`dataset.json`: what an export holds and where each mask comes from."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np

from polypviewer.core.label_map import IGNORE, lesion_mask, slots_present
from polypviewer.core.record import Provenance, Record
from polypviewer.core.review import Presence
from polypviewer.core.stable_split import Side
from polypviewer.datasets.export_frame import ExportFrame

SCHEMA: Final = "polypviewer/dataset/1"
# Free text may name a patient, so it stays in the project.
_FREE_TEXT: Final = frozenset({"comment", "reason", "note"})


@dataclass(frozen=True, slots=True)
class DatasetAbout:
    """What the caller knows: a name, the software's version, the digest of the active bundle, sides by exam key."""

    name: str = ""
    software_version: str = ""
    bundle_digest: str | None = None
    sides: Mapping[str, Side] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CardItem:
    """One exported frame for the card; `files` are its paths inside the export, the picture first."""

    name: str
    side: Side | None
    is_patient_safe: bool
    has_exam: bool
    lesions: int
    presence: Presence
    decision: str
    exam: str
    row: dict[str, object]


def card_item(frame: ExportFrame, files: Sequence[str], about: DatasetAbout) -> CardItem:
    """The row of one frame."""
    record = frame.record
    side = about.sides.get(record.exam.key) if record.exam.key else None
    slots = slots_present(frame.label_map)
    row: dict[str, object] = {
        "name": frame.name,
        "files": list(files),
        "height": frame.label_map.shape[0],
        "width": frame.label_map.shape[1],
        "presence": str(record.presence),
        "exam": record.exam.key or None,
        "exam_source": record.exam.source,
        "side": side,
        "frame": _frame_row(record),
        "lesions": [_lesion_row(frame, slot) for slot in slots],
        "ignored_pixels": int(np.count_nonzero(frame.label_map == IGNORE)),
        "provenance": _provenance_row(record.provenance),
    }
    decision = str(record.provenance.decision)
    safe, key = record.exam.is_patient_safe, record.exam.key
    return CardItem(frame.name, side, safe, bool(key), len(slots), record.presence, decision, key, row)


def _frame_row(record: Record) -> dict[str, object] | None:
    if record.identity is None:
        return None
    key = record.identity.key
    return {
        "media_id": str(key.media_id),
        "segment": key.segment,
        "pts": key.pts,
        "repeat": key.repeat,
        "index": record.identity.ref.index,
        "content_hash": record.identity.content_hash,
    }


def _lesion_row(frame: ExportFrame, slot: int) -> dict[str, object]:
    known = next((lesion for lesion in frame.record.lesions if lesion.slot == slot), None)
    statements = () if known is None else known.statements
    return {
        "slot": slot,
        "area": int(np.count_nonzero(lesion_mask(frame.label_map, slot))),
        "lesion": str(known.lesion_id) if known is not None and known.lesion_id else None,
        "statements": {name: value for name, value in statements if name not in _FREE_TEXT},
    }


def _provenance_row(provenance: Provenance) -> dict[str, object]:
    return {
        "reader": provenance.reader,
        "revision_id": str(provenance.revision_id) if provenance.revision_id else None,
        "origin": str(provenance.origin),
        "decision": str(provenance.decision),
        "bundle_digest": provenance.bundle_digest,
        "decided_at": provenance.decided_at,
    }


def dataset_card(
    items: Sequence[CardItem], checksums: Mapping[str, str], about: DatasetAbout, *, format_name: str, skipped: int
) -> dict[str, object]:
    """The whole card. `checksums`: `sha256:` digest by path inside the export, of every file but the card itself."""
    safe = all(item.is_patient_safe for item in items)
    return {
        "schema": SCHEMA,
        "format": format_name,
        "name": about.name,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "software": {"name": "polypviewer", "version": about.software_version},
        "bundle": about.bundle_digest,
        "intended_use": "research and annotation, not diagnosis",
        "counts": _counts(items, skipped=skipped),
        "patient_safe": safe,
        "patient_safety": "every exam was stated" if safe else _why_unsafe(items),
        "splits": {side: [item.name for item in items if item.side == side] for side in ("train", "holdout")},
        "items": [item.row for item in items],
        "files": dict(sorted(checksums.items())),
    }


def _why_unsafe(items: Sequence[CardItem]) -> str:
    unknown = sum(not item.has_exam for item in items)
    guessed = sum(item.has_exam and not item.is_patient_safe for item in items)
    return (
        f"not patient-safe: the exam of {unknown} frames is unknown, that of {guessed} is taken from folders or names; "
        "frames of one patient may stand on both sides of a split"
    )


def _counts(items: Sequence[CardItem], *, skipped: int) -> dict[str, object]:
    return {
        "frames": len(items),
        "with_polyp": sum(item.lesions > 0 for item in items),
        "without_polyp": sum(item.lesions == 0 for item in items),
        "lesions": sum(item.lesions for item in items),
        "exams": len({item.exam for item in items if item.has_exam}),
        "frames_of_unknown_exam": sum(not item.has_exam for item in items),
        "by_decision": dict(Counter(item.decision for item in items)),
        "by_presence": dict(Counter(str(item.presence) for item in items)),
        "left_out_without_any_statement": skipped,
    }


def sha256(data: bytes) -> str:
    """`sha256:` and the digest in hexadecimal."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
