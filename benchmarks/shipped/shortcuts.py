"""What a console's inset or text changes when it is painted over unseen frames that carry none, by the whole path.

The drawing and the rule are those of the folds (benchmarks/folds/painting.py): an inset hides no pixel of a polyp, text
may run over one. So that one can tell what is a cue and what hides a polyp, text is measured once more on the frames
whose polyp it does not touch. The bundle is asked as it ships: field of view, blanking, crop, network, threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from benchmarks.folds.painting import PAINTS, Paint, Picture, console_text, painted_changes, summary_of
from benchmarks.report import Figure
from benchmarks.shipped.quality import NOT_HERE, Judge, unseen_pairs

__all__ = ["shortcut_figures"]


def shortcut_figures(judge: Judge) -> dict[str, Figure]:
    """`inset_dice_change`, `text_dice_change` and the like: how far the mean Dice moves, to either side."""
    names = {kind: f"{kind}_dice_change" for kind in DRAWN}
    pairs = unseen_pairs(judge) if judge.sources.are_here else []
    if not pairs:
        why = "no frames are here that the card proves unseen" if judge.sources.are_here else NOT_HERE
        return {name: judge.none(name, why, lower=True) for name in names.values()}
    found: dict[str, Figure] = {}
    for kind, name in names.items():
        told = summary_of(painted_changes(judge.source, pairs, DRAWN[kind]))
        change = cast("float", told["dice_change"])
        words = (
            f"{change:+.4f} on {told['frames_with_polyp']} frames, mean size of a change {told['mean_size_of_change']}"
        )
        found[name] = judge.figure(name, abs(change), lower=True, why=words)
    return found


def text_beside_polyp(image: Picture, label: Picture, key: str) -> tuple[Picture, Picture] | None:
    """The text of `console_text` where it changes no pixel of a polyp; None where it does."""
    painted, judged = console_text(image, label, key)
    touched = (painted != image).any(axis=2)
    return None if (label[touched] > 0).any() else (painted, judged)


DRAWN: Mapping[str, Paint] = {**PAINTS, "text_beside_polyp": text_beside_polyp}
