"""What ships: the bundle of the fold `ship`, whose card carries what the other folds were judged by."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.folds.judging import own_bundle
from benchmarks.folds.plan import FOLDS, Place, Study, place_of, read_object
from trainer.bundle import Bundle, read_bundle
from trainer.commands.export import Export, run_export
from trainer.errors import DataError

SHIP: Final = FOLDS["ship"]
JUDGED: Final = ("no-C1", "no-C3", "no-C4", "all")
"""The folds whose figures the card carries, in its order: hospitals that were left out first."""
SAME: Final = ("recipe", "seed", "max_steps")
"""What the order of every fold has to share with that of `ship`; teachers are of each fold, so only how many."""


def export_ship(study: Study, out: Path, *, words: Path, version: str) -> Bundle:
    """Write the bundle of `ship` at `out`, its card complete; returns it.

    Raises DataError when `ship` has not chosen or another fold is not judged yet, and when a fold was begun with
    another recipe, seed or budget than `ship`, so that its figures would say nothing about it.
    """
    place = place_of(SHIP, study)
    own_bundle(place, SHIP)
    order = read_object(place.order)
    judged = [_judged_like(place_of(FOLDS[name], study), order) for name in JUDGED]
    data = tuple(f"{name}={study.sources.folders[name]}" for name in SHIP.trains)
    name = str(order["recipe"]["name"])
    order_of_export = Export(
        place.run, out, words, data, name, version, chosen=place.chosen, judged=tuple(judged), half_weights=True
    )
    run_export(order_of_export)
    return read_bundle(out)


def _judged_like(place: Place, order: dict[str, Any]) -> Path:
    """`judged.json` of a fold that was trained as `order`, that of `ship`, says."""
    name = place.folder.name
    if not place.judged.is_file():
        raise DataError(
            "folds.ship", f"The fold {name} is not judged yet.", "The card of what ships needs its figures."
        )
    begun, values = read_object(place.order), read_object(place.judged)
    other = [what for what in SAME if begun[what] != order[what]]
    other += [
        f"number of {what}" for what in ("teachers", "members") if len(begun.get(what, [])) != len(order.get(what, []))
    ]
    if other:
        raise DataError(
            "folds.ship", f"The fold {name} was begun with another {', '.join(other)} than the fold ship.",
            "Its figures say nothing about what ships: train both alike.",
        )  # fmt: skip
    if (values["fold"], values["bundle"]) != (name, read_object(place.made)["bundle"]):
        raise DataError(
            "folds.ship", f"{place.judged} is not of the bundle that the fold {name} made.", "Judge the fold once more."
        )
    return place.judged
