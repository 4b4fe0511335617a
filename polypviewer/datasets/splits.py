"""Which exams train and which are held out, so that no exam stands on both sides."""

from __future__ import annotations

from collections.abc import Iterable

from polypviewer.core.errors import DatasetError
from polypviewer.core.record import ExamKey
from polypviewer.core.stable_split import Side, stable_fraction


def training_sides(exams: Iterable[ExamKey], *, holdout_fraction: float = 0.2, seed: int = 0) -> dict[str, Side]:
    """Side by exam key; the same keys always give the same sides, whatever their order.

    Exams whose fraction of `core.stable_split` lies under `holdout_fraction` (0 to 1) are held out. With two known
    exams or more at least one is held out and one trains: the lowest, or the highest, changes sides. Unknown exams have
    no entry: their frames train, and are never held out. Raises `DatasetError` for a share outside 0..1.
    """
    if not 0 <= holdout_fraction <= 1:
        raise DatasetError("dataset.holdout_fraction", value=holdout_fraction)
    keys = {exam.key for exam in exams if exam.key and exam.source != "unknown"}
    ranked = sorted(keys, key=lambda key: (stable_fraction(key, salt=str(seed)), key))
    held = sum(stable_fraction(key, salt=str(seed)) < holdout_fraction for key in ranked)
    if holdout_fraction > 0:
        held = min(max(held, 1), len(ranked) - 1) if len(ranked) >= 2 else 0
    return {key: "holdout" if place < held else "train" for place, key in enumerate(ranked)}


def side_of_exam(exam: ExamKey, sides: dict[str, Side]) -> Side:
    """The side of one exam; an unknown exam trains."""
    return sides.get(exam.key, "train") if exam.key else "train"
