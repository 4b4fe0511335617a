"""What a bundle's card states of fold models, beside the bars: hospitals left out in turn, and what `all` never saw.

Measured when the folds were judged (`python -m benchmarks.folds`), not in this run, and not of the weights that ship:
each figure says so. Here they stand so that one report has every bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import numpy as np

from benchmarks.folds.figures import METRICS
from benchmarks.folds.plan import CENTRES, CLINICDB, POLYPGEN, TENTH
from benchmarks.report import Better, Figure
from benchmarks.shipped.bars import barred
from trainer.cards import read_words
from trainer.recipe import FOLDER

__all__ = ["stated_figures"]

Row = Mapping[str, Any]

PREFIXES: Final = {
    **{centre: f"{POLYPGEN}_{centre.lower()}" for centre in CENTRES},
    TENTH: TENTH.replace("-", "_"),
    CLINICDB: f"{CLINICDB}_sequences",
}
"""Name of a judged set's figures, by the name under which a card's words have it."""
NAMES: Final[Mapping[str, tuple[str, Better]]] = {
    **{metric: (name, better) for name, metric, better in METRICS},
    "empty_frames_with_proposal": ("empty_with_proposal", "lower"),
}
SEQUENCES: Final[Mapping[str, tuple[str, Better]]] = {
    **{name: told for name, told in NAMES.items() if not name.startswith("per_image")},
    "mean_over_sequences_dice": ("dice", "higher"), "mean_over_sequences_iou": ("iou", "higher"),
}  # fmt: skip
"""Each sequence counts the same, however many frames it has."""


def stated_figures(card: Mapping[str, object]) -> dict[str, Figure]:
    """`fold_polypgen_dice`, `fold_polypgen_c1_dice` and so on; none where the card states nothing of folds.

    What its sets are called is read from the words of the recipe of its name, with which it was written.
    """
    name = str(card["name"])
    words = FOLDER / f"{name}.card.toml"
    if not words.is_file():
        return {}
    called = cast("Mapping[str, str]", read_words(words).get("judged") or {})
    rows = cast("Sequence[Row]", card.get("metrics") or ())
    found = {what: figure for key in PREFIXES for what, figure in _of_set(name, called, rows, key)}
    hospitals = [found.get(f"{PREFIXES[centre]}_dice") for centre in CENTRES]
    dice = [figure.ours for figure in hospitals if figure is not None and figure.ours is not None]
    if len(dice) == len(CENTRES):
        what = f"{POLYPGEN}_dice"
        why = "mean over the hospitals, each left out in turn, of fold models; as the card states"
        found = {what: barred(name, what, float(np.mean(dice)), better="higher", why=why), **found}
    return {f"fold_{what}": figure for what, figure in found.items()}


def _of_set(bundle: str, called: Mapping[str, str], rows: Sequence[Row], key: str) -> Iterator[tuple[str, Figure]]:
    names = SEQUENCES if key == CLINICDB else NAMES
    for row in rows:
        on = str(row["on"])
        if key not in called or not on.startswith(f"{called[key]}, of the fold model ") or row["name"] not in names:
            continue
        metric, better = names[str(row["name"])]
        what = f"{PREFIXES[key]}_{metric}"
        kind = metric if metric.startswith("ece") or (metric == "empty_with_proposal" and key == "C4") else ""
        low, high = row["interval"]
        why = f"{row['frames']} frames: {on}; as the card states"
        yield what, barred(bundle, what, row["value"], better=better, kind=kind, interval=(low, high), why=why)
