"""`polyp-trainer evaluate`: judge a bundle, or the masks of any program, and write a report folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from trainer.bundle import Bundle, read_bundle
from trainer.data.folders import Pair
from trainer.errors import DataError
from trainer.evaluation import table as tables
from trainer.evaluation.choosing import FILE as CHOSEN
from trainer.evaluation.choosing import Chosen, write_chosen
from trainer.evaluation.grouping import Grouping, grouping_of
from trainer.evaluation.judging import Judgement, judge_pairs
from trainer.evaluation.leaks import Near, near_frames, training_leaks
from trainer.evaluation.page import write_page
from trainer.evaluation.per_image import write_rows
from trainer.evaluation.pictures import Gallery, gallery_of
from trainer.evaluation.proposals import Source, bundle_source, mask_source
from trainer.evaluation.report import Leaks, report_of
from trainer.evaluation.runs import Run, read_run
from trainer.evaluation.selection import Selection, frame_digest, select, source_id
from trainer.evaluation.validating import choose_on
from trainer.files import write_folder_whole, write_json
from trainer.proposing import Rules

METRICS, PAGE, ROWS = "metrics.json", "report.html", "per_image.csv"
Told = Callable[[str, int], None]
"""`told(what is done, how many frames are)`."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to judge and where the report goes. Exactly one of `model` and `masks` is given.

    `sides`: key to side of a split, with `side` the one to judge. `by`: see `groups_of`. `training`: folders whose
    frames must not look like judged ones. `choose`: validation folders on which threshold, temperature and
    smallest area are chosen first.
    """

    data: Mapping[str, Path]
    out: Path
    model: Path | None = None
    masks: Path | None = None
    graded: bool = False
    listed: Path | None = None
    sides: Mapping[str, str] | None = None
    side: str = "test"
    by: str = "auto"
    training: Mapping[str, Path] = field(default_factory=dict)
    choose: Mapping[str, Path] = field(default_factory=dict)
    run: Path | None = None
    on: str = ""
    device: str = "cpu"
    flips: bool = False
    pictures: bool = True


def evaluate(order: Order, *, told: Told) -> dict[str, object]:
    """Judge, write the report folder whole, and return the report. Raises TrainerError for what cannot be used."""
    require_place(order.out)
    require_one_source(order)
    bundle = read_bundle(order.model) if order.model is not None else None
    run = read_run(order.run) if order.run is not None else None
    selection = select(order.data, listed=order.listed, sides=order.sides, side=order.side)
    chosen, choosers = _choice(order, bundle, selection, told=told)
    source = source_of(order, bundle, selection.pairs, chosen)
    judged, grouping = judge_selection(source, selection.pairs, by=order.by, told=told)
    leaks = leaks_of(judged, order.training, run, told=told)
    on = order.on or ", ".join(order.data)
    values = report_of(
        judged.table, facts=source.facts, selection=selection, grouping=grouping, leaks=leaks, chosen=chosen,
        choosers=choosers, on=on,
    )  # fmt: skip
    gallery = gallery_of(judged.table, selection.pairs, source) if order.pictures else None
    write_report(order.out, values, judged, run=run, gallery=gallery, chosen=chosen)
    return values


def write_report(
    out: Path, values: Mapping[str, object], judged: Judgement, *, run: Run | None, gallery: Gallery | None,
    chosen: Chosen | None,
) -> None:  # fmt: skip
    """Write the folder: page, figures, one row a frame, the columns for later comparison, and what was chosen."""

    def fill(folder: Path) -> None:
        write_json(folder / METRICS, values)
        write_rows(judged.table, folder / ROWS)
        tables.write_table(judged.table, folder / tables.FILE)
        write_page(folder / PAGE, values, run=run, gallery=gallery)
        if chosen is not None:
            write_chosen(chosen, folder / CHOSEN)

    write_folder_whole(out, fill)


def require_place(out: Path, *, mark: str = METRICS) -> None:
    """Raises DataError when `out` holds something that is not a report: writing would replace it."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / mark).is_file()):
        raise DataError(
            "report.exists", f"{out} exists and is no report folder.", "Give a new folder, or that of an older report."
        )


def require_one_source(order: Order) -> None:
    """Raises DataError unless the order names a bundle or a folder of masks, and data to judge it on."""
    if (order.model is None) == (order.masks is None):
        raise DataError("evaluate.what", "Give a bundle or a folder of masks.", "Use --model or --masks, one of them.")
    if not order.data:
        raise DataError(
            "evaluate.data", "There is nothing to judge on.", "Give --data, a folder with frames and masks."
        )
    if order.choose and order.model is None:
        raise DataError("choose.masks", "Masks have no threshold to choose.", "Leave --choose out, or give a bundle.")


def source_of(order: Order, bundle: Bundle | None, pairs: Sequence[Pair], chosen: Chosen | None) -> Source:
    """Where the proposals come from: the bundle where there is one, else the masks of the order."""
    if bundle is None:
        if order.masks is None:
            raise TypeError("an order without a bundle has masks")
        return mask_source(order.masks, pairs, graded=order.graded)
    if chosen is None:
        return bundle_source(bundle, device=order.device, flips=order.flips)
    rules = Rules(bundle.size, chosen.threshold, chosen.minimum_area)
    return bundle_source(bundle, device=order.device, flips=order.flips, rules=rules, temperature=chosen.temperature)


def judge_selection(source: Source, pairs: Sequence[Pair], *, by: str, told: Told) -> tuple[Judgement, Grouping]:
    """Judge the frames, then say which of them stand together."""
    judged = judge_pairs(source, pairs, told=lambda done: told("judging", done))
    grouping = grouping_of(pairs, judged.hashes, by=by)
    groups = np.array([grouping.of[str(key)] for key in judged.table.keys], np.str_)
    return dataclasses.replace(judged, table=dataclasses.replace(judged.table, groups=groups)), grouping


def leaks_of(judged: Judgement, training: Mapping[str, Path], run: Run | None, *, told: Told) -> Leaks:
    """Near-duplicates inside and against training folders, and judged frames that the run says it learned from."""
    keys = [str(key) for key in judged.table.keys]
    inside = near_frames(keys, judged.hashes, keys, judged.hashes)
    compared: int | None = None
    near: list[Near] = []
    if training:
        told("comparing with training frames", 0)
        compared, near = training_leaks(keys, judged.hashes, training)
    learned = run.learned(keys) if run is not None else []
    return Leaks(inside, near, compared, learned)


def _choice(
    order: Order, bundle: Bundle | None, selection: Selection, *, told: Told
) -> tuple[Chosen | None, Sequence[str]]:
    """What was chosen, and which judged frames helped to choose it."""
    if not order.choose or bundle is None:
        return None, []
    validation = select(order.choose, sides=order.sides, side="validation")
    judged = {source_id(pair) for pair in selection.pairs} | {frame_digest(pair) for pair in selection.pairs}
    both = [pair.key for pair in validation.pairs if {source_id(pair), frame_digest(pair)} & judged]
    if both and order.side != "validation":
        raise DataError(
            "choose.leak", f"{len(both)} frames would choose the threshold and judge it, such as '{both[0]}'.",
            "Choose on other frames; or say --side validation, and the report calls itself optimistic.",
        )  # fmt: skip
    chosen = choose_on(
        bundle, validation.pairs, on=", ".join(order.choose), device=order.device, flips=order.flips,
        told=lambda done: told("choosing on validation frames", done),
    )  # fmt: skip
    return chosen, both


def read_report(folder: Path) -> dict[str, object]:
    """`metrics.json` of a report folder; raises DataError when there is none."""
    try:
        values = json.loads((folder / METRICS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("report.broken", f"{folder} is no report folder of `evaluate`.", "Judge again.") from error
    if not isinstance(values, dict):
        raise DataError("report.broken", f"{folder / METRICS} holds no report.", "Judge again.")
    return values
