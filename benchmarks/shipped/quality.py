"""Quality of a bundle on frames that its card proves unseen, everything by the trainer's own evaluation.

The bundle is judged as it ships, on the CPU, at its card's threshold, temperature and smallest area. What the bundle
was trained on is left out, with the reason. Intervals are 95 %: by groups of frames, over sequences where the figure is
a mean over sequences, and Wilson's where it is a share of frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.folds.judging import empty_frames, unsure_error
from benchmarks.folds.plan import CENTRES, CLINICDB, POLYPGEN, TENTH, Sources
from benchmarks.report import Figure, note
from benchmarks.shipped.bars import barred, unmeasured
from benchmarks.shipped.learned import why_not_unseen
from trainer.bundle import Bundle
from trainer.data.folders import Pair
from trainer.data.pixels import read_mask
from trainer.evaluation.definitions import DEFINITIONS, frame_dice, frame_iou
from trainer.evaluation.evaluate import judge_selection
from trainer.evaluation.intervals import Interval, intervals_of, resampled_groups, value_of
from trainer.evaluation.proposals import Source, bundle_source
from trainer.evaluation.statistics import Statistic, Values, averaged
from trainer.evaluation.table import Grid, Table

__all__ = ["Judge", "quality_figures", "unseen_pairs"]

SEED = 0
QUICK_STEPS = {TENTH: 11, CLINICDB: 8, POLYPGEN: 20}
"""Every how manieth frame `--quick` looks at: some ten of each set."""
EMPTY = f"{POLYPGEN}_c4_empty"
EMPTY_CENTRE = "C4"
NOT_HERE = "the real frames are not on this machine"


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """A bundle as a source of proposals, the data, and whether only a sample of the frames is looked at."""

    bundle: Bundle
    source: Source
    sources: Sources
    quick: bool

    @classmethod
    def of(cls, bundle: Bundle, sources: Sources, *, quick: bool) -> Judge:
        """Opens the network on the CPU."""
        return cls(bundle, bundle_source(bundle, device="cpu"), sources, quick)

    def why_not(self, pairs: Sequence[Pair]) -> str | None:
        """Why the frames are not unseen."""
        return why_not_unseen(self.bundle.card, pairs, self.sources)

    def sampled(self, pairs: Sequence[Pair], *, of: str) -> list[Pair]:
        """All the frames, or in a quick run some of them."""
        return list(pairs[:: QUICK_STEPS[of] if self.quick else 1])

    def table(self, pairs: Sequence[Pair]) -> Table:
        """The frames judged."""
        judged, _ = judge_selection(self.source, pairs, by="auto", told=_told)
        return judged.table

    def figure(
        self, what: str, value: float | None, *, kind: str = "", interval: Interval | None = None, lower: bool = False,
        why: str | None = None,
    ) -> Figure:  # fmt: skip
        """One figure with its bar; a quick run says that it is a sample."""
        if self.quick:
            why = "; ".join(part for part in ("--quick: a sample of the frames, held to no bar", why) if part)
        return barred(
            self.bundle.name, what, value, better="lower" if lower else "higher", kind=kind, interval=interval, why=why,
            is_sample=self.quick,
        )  # fmt: skip

    def none(self, what: str, why: str, *, kind: str = "", lower: bool = False) -> Figure:
        """A figure that is left out."""
        return unmeasured(self.bundle.name, what, why, better="lower" if lower else "higher", kind=kind)


def quality_figures(judge: Judge) -> dict[str, Figure]:
    """Everything about quality, without the bundle's name in front."""
    if not judge.sources.are_here:
        names = ("kvasir_tenth_dice", "kvasir_tenth_iou", "clinicdb_sequences_dice", "polypgen_dice")
        return {name: judge.none(name, NOT_HERE) for name in names}
    return {**_tenth(judge), **_sequences(judge), **_centres(judge), **_empty(judge)}


def unseen_pairs(judge: Judge) -> list[Pair]:
    """Unseen frames of ClinicDB and of Kvasir's tenth; in a quick run a sample of them."""
    sets = {name: judge.sources.pairs(name) for name in (CLINICDB, TENTH)}
    return [
        pair for name, pairs in sets.items() if judge.why_not(pairs) is None for pair in judge.sampled(pairs, of=name)
    ]


def _tenth(judge: Judge) -> dict[str, Figure]:
    prefix, pairs = "kvasir_tenth", judge.sources.pairs(TENTH)
    why = judge.why_not(pairs)
    if why is not None:
        return {f"{prefix}_{name}": judge.none(f"{prefix}_{name}", why) for name in ("dice", "iou")}
    table = judge.table(judge.sampled(pairs, of=TENTH))
    return {**_overlap(judge, prefix, table), **_calibration(judge, prefix, table)}


def _sequences(judge: Judge) -> dict[str, Figure]:
    """Means over sequences: each counts the same, however many frames it has."""
    prefix, pairs = "clinicdb_sequences", judge.sources.pairs(CLINICDB)
    why = judge.why_not(pairs)
    if why is not None:
        return {f"{prefix}_{name}": judge.none(f"{prefix}_{name}", why) for name in ("dice", "iou")}
    chosen = judge.sampled(pairs, of=CLINICDB)
    table = judge.table(chosen)
    names = np.array([pair.unit("sequence") for pair in chosen])
    found: dict[str, Figure] = {}
    for name, of_frames in MEASURES.items():
        values = of_frames(table.frame)
        means = {str(one): float(np.nanmean(values[names == one])) for one in np.unique(names)}
        value, interval = _measured(averaged(list(means.values())), [*means])
        each = ", ".join(f"{one}: {mean:.3f}" for one, mean in means.items())
        told = f"mean over {len(means)} sequences of {len(table)} frames ({each})"
        found[f"{prefix}_{name}"] = judge.figure(f"{prefix}_{name}", value, interval=interval, why=told)
    return {**found, **_calibration(judge, prefix, table)}


def _centres(judge: Judge) -> dict[str, Figure]:
    """Each centre that was not trained on; the macro mean where none was."""
    found: dict[str, Figure] = {}
    reasons: list[str] = []
    for centre in CENTRES:
        prefix, pairs = f"{POLYPGEN}_{centre.lower()}", judge.sources.pairs(centre)
        why = judge.why_not(pairs)
        if why is None:
            table = judge.table(judge.sampled(pairs, of=POLYPGEN))
            found |= {**_overlap(judge, prefix, table), **_calibration(judge, prefix, table)}
        else:
            reasons.append(f"{centre}: {why}")
            found[f"{prefix}_dice"] = judge.none(f"{prefix}_dice", why)
    macro = f"{POLYPGEN}_dice"
    dice = [figure.ours for name, figure in found.items() if name.endswith("_dice") and figure.ours is not None]
    if reasons:
        return {macro: judge.none(macro, "; ".join(reasons)), **found}
    return {macro: judge.figure(macro, float(np.mean(dice)), why="mean over centres"), **found}


def _empty(judge: Judge) -> dict[str, Figure]:
    """Frames without a polyp that got a proposal: of the unseen centre; and of those that taught, told apart."""
    empty = [pair for pair in judge.sources.pairs(POLYPGEN) if not read_mask(pair.mask).any()]
    unseen = [pair for pair in empty if pair.unit("centre") == EMPTY_CENTRE]
    share, count, kind = f"{EMPTY}_with_proposal", f"{EMPTY}_frames_with_proposal", "empty_with_proposal"
    why = judge.why_not(unseen)
    if why is None:
        return _alarms(judge, judge.sampled(unseen, of=POLYPGEN), share=share, count=count, kind=kind, why=None)
    learned = "trained_on_empty_with_proposal", "trained_on_empty_frames_with_proposal"
    optimistic = f"{judge.why_not(empty)}: an unseen hospital will see more of it"
    return {
        share: judge.none(share, why, kind=kind, lower=True),
        count: judge.none(count, why, lower=True),
        **_alarms(
            judge, judge.sampled(empty, of=POLYPGEN), share=learned[0], count=learned[1], kind="", why=optimistic
        ),
    }


def _alarms(
    judge: Judge, pairs: Sequence[Pair], *, share: str, count: str, kind: str, why: str | None
) -> dict[str, Figure]:
    told_of = empty_frames(judge.table(pairs))
    alarms = told_of["with_proposal"]
    told = "; ".join(part for part in (f"{alarms} of {told_of['frames']} frames", why) if part)
    interval = told_of["interval"] and tuple(round(edge, 4) for edge in told_of["interval"])
    return {
        share: judge.figure(share, told_of["share"], kind=kind, interval=interval, lower=True, why=told),
        count: judge.figure(count, alarms, lower=True, why=told),
    }


MEASURES: Mapping[str, Callable[[Grid], Values]] = {"dice": frame_dice, "iou": frame_iou}


def _overlap(judge: Judge, prefix: str, table: Table) -> dict[str, Figure]:
    """Dice and IoU, means over frames with a polyp."""
    found: dict[str, Figure] = {}
    for name, of_frames in MEASURES.items():
        value, interval = _measured(averaged(of_frames(table.frame)), table.groups.tolist())
        told = f"{int(table.frame.polyp.sum())} frames with a polyp"
        found[f"{prefix}_{name}"] = judge.figure(f"{prefix}_{name}", value, interval=interval, why=told)
    return found


def _calibration(judge: Judge, prefix: str, table: Table) -> dict[str, Figure]:
    """Calibration error where the model is unsure, and of the highest probability as that of a polyp being there."""
    grid, groups = table.frame, table.groups.tolist()
    pixels = _measured(unsure_error(grid.positive, grid.negative), groups)
    presence = _measured(DEFINITIONS["presence_ece"].measure(table, grid), groups)
    one_sided = None if not grid.polyp.all() else "every one of these frames holds a polyp: half of the question"
    rows = {"ece_unsure_pixels": (*pixels, None), "ece_presence": (*presence, one_sided)}
    return {
        f"{prefix}_{kind}": judge.figure(
            f"{prefix}_{kind}", value, kind=kind, interval=interval, lower=True, why=why
        )
        for kind, (value, interval, why) in rows.items()
    }  # fmt: skip


def _measured(statistic: Statistic, groups: Sequence[str]) -> tuple[float | None, Interval | None]:
    """The statistic of all rows and its interval by groups; no interval where all rows are one group."""
    value = value_of(statistic, len(groups))
    if len(set(groups)) < 2:
        return value, None
    return value, intervals_of({"it": statistic}, resampled_groups(groups, seed=SEED))["it"]


def _told(_what: str, done: int) -> None:
    if done and done % 80 == 0:
        note(f"  {done} frames judged")
