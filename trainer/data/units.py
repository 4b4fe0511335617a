"""What frames are part of: exams, sequences, centres, from tables beside the frames or from an export's card."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from trainer.errors import DataError

CARD: Final = "dataset.json"
CARD_SCHEMA: Final = "polypviewer/dataset/1"
TABLES: Final = ("exams.csv", "sequences.csv", "centres.csv", "centers.csv")
FRAME_COLUMNS: Final = ("stem", "frame", "name", "image", "file", "filename")
UNIT_COLUMNS: Final = {
    "exam": "exam", "patient": "exam", "study": "exam", "case": "exam", "sequence": "sequence", "video": "sequence",
    "centre": "centre", "center": "centre", "hospital": "centre",
}  # fmt: skip
"""Column of a table, in lower case: the unit that it names. The first column of a unit counts."""
Units = dict[str, tuple[tuple[str, str], ...]]
"""By stem: `(kind, key)` of each known unit."""


def read_card(folder: Path) -> dict[str, Any] | None:
    """`dataset.json` of an export of the application; None where there is none. Raises DataError when it is damaged."""
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        card = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError("data.card", f"{path} cannot be read: {error}.", "Export the data set again.") from error
    return card if isinstance(card, dict) and card.get("schema") == CARD_SCHEMA else None


def read_units(folder: Path) -> Units:
    """Units of each stem of `folder`.

    From `exams.csv`, `sequences.csv` and `centres.csv` (a column that names the frame: stem, frame, name, image or
    file; and columns exam or patient, sequence or video, centre), and the exams of `dataset.json` but those that are
    unknown. Raises DataError when a table does not say which frames it is about.
    """
    found: dict[str, dict[str, str]] = {}
    for item in (read_card(folder) or {}).get("items", ()):
        if item.get("exam") and item.get("exam_source") != "unknown":
            found.setdefault(str(item["name"]), {})["exam"] = str(item["exam"])
    for table in TABLES:
        for stem, units in _read_table(folder / table).items():
            found.setdefault(stem, {}).update(units)
    return {stem: tuple(sorted(units.items())) for stem, units in found.items()}


def _read_table(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = {column.strip().lower(): column for column in (rows[0] if rows else ()) if column}
    frame = next((columns[name] for name in FRAME_COLUMNS if name in columns), None)
    units: dict[str, str] = {}
    for name, kind in UNIT_COLUMNS.items():
        if name in columns:
            units.setdefault(kind, columns[name])
    if rows and (frame is None or not units):
        raise DataError(
            "data.table",
            f"{path} has the columns {', '.join(columns)}: none of them names the frame and its exam.",
            f"Name one of them {' or '.join(FRAME_COLUMNS[:3])} and one exam, sequence or centre.",
        )
    return {_stem(row[frame]): _units_of(row, units) for row in rows} if frame is not None else {}


def _units_of(row: Mapping[str, str | None], units: Mapping[str, str]) -> dict[str, str]:
    return {kind: value.strip() for kind, column in units.items() if (value := row[column]) and value.strip()}


def _stem(name: str) -> str:
    """`frame` of `images/frame.jpg`; a stem stays as it is."""
    plain = name.strip().replace("\\", "/").rsplit("/", 1)[-1]
    head, dot, tail = plain.rpartition(".")
    return head if dot and tail.lower() in ("jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp") else plain
