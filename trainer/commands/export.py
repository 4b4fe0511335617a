"""`polyp-trainer export`: from a run to a bundle."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from trainer.commands.ending import named_folders, require_torch, with_errors_told
from trainer.commands.options import Data
from trainer.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainer.accounts import Account
    from trainer.export import CardFacts, Lighten
    from trainer.precision import Pair

PARITY_FRAMES = 16


def export(
    *,
    run: Annotated[Path, typer.Option(help="Folder of a fit.")],
    out: Annotated[Path, typer.Option(help="Bundle to write.")],
    words: Annotated[Path, typer.Option(help="TOML with the card's words: use, failures, licences, data.")],
    data: Data,
    name: Annotated[str, typer.Option(help="Name on the card.")],
    version: Annotated[str, typer.Option(help="Version on the card.")],
    report: Annotated[
        list[str] | None,
        typer.Option(help="[NAME=]FOLDER, report of `evaluate` on the frames NAME; more than once. The card gives it."),
    ] = None,
    judged: Annotated[
        list[Path] | None,
        typer.Option(help="judged.json of a fold of the same recipe and seed (docs/models.md); more than once."),
    ] = None,
    frames: Annotated[
        Path | None, typer.Option(help="Frames with masks: parity is measured on them, lighter forms are judged.")
    ] = None,
    only: Annotated[Path | None, typer.Option(help="List of stems of --frames to use; all without it.")] = None,
    lighter: Annotated[
        list[str] | None,
        typer.Option(help="float16 or int8: kept only if quicker here and within .005 Dice; more than once."),
    ] = None,
    chosen: Annotated[
        Path | None,
        typer.Option(help="choose.json of `evaluate --choose`: threshold, temperature and minimum area of the card."),
    ] = None,
    dynamic_size: Annotated[
        bool, typer.Option("--dynamic-size", help="Leave height and width free: multiples of the network's stride.")
    ] = False,
    half_weights: Annotated[
        bool, typer.Option("--half-weights", help="Store weights as float16: half the bytes, computed in float32.")
    ] = False,
) -> None:
    """Write the best weights of a fit as a model bundle."""
    order = Export(
        run, out, words, tuple(data), name, version, reports=tuple(report or ()), judged=tuple(judged or ()),
        frames=frames, only=only, lighter=tuple(lighter or ()), chosen=chosen, dynamic_size=dynamic_size,
        half_weights=half_weights,
    )  # fmt: skip
    with_errors_told(lambda: run_export(order))


@dataclass(frozen=True, slots=True)
class Export:
    """What to write a bundle of, and where; the fields are the options of the command."""

    run: Path
    out: Path
    words: Path
    data: tuple[str, ...]
    name: str
    version: str
    reports: tuple[str, ...] = ()
    judged: tuple[Path, ...] = ()
    frames: Path | None = None
    only: Path | None = None
    lighter: tuple[str, ...] = ()
    chosen: Path | None = None
    dynamic_size: bool = False
    half_weights: bool = False


def run_export(order: Export) -> None:
    """Write the bundle. Raises TrainerError."""
    require_torch()
    from trainer.export import write_bundle
    from trainer.export_form import Form
    from trainer.models.registry import build_network
    from trainer.training.checkpoints import read_checkpoint

    facts = _facts(order)
    network = build_network(facts.architecture)
    network.load_state_dict(read_checkpoint(order.run / "best.pt").average)
    pairs = [] if order.frames is None else _labelled(order.frames, order.only)
    bundle = write_bundle(
        order.out, network, facts, frames=_network_frames(pairs, facts), lighten=_lighten(order.lighter, pairs, facts),
        form=Form(dynamic_size=order.dynamic_size, half_weights=order.half_weights),
    )  # fmt: skip
    Console(stderr=True).print(f"{order.out}: {bundle.digest}")


def _facts(order: Export) -> CardFacts:
    from trainer.card_sentences import told_facts, with_choice
    from trainer.cards import early_end, read_summary, read_words, trained_facts
    from trainer.evaluation.choosing import read_chosen

    words = read_words(order.words)
    plain = trained_facts(
        words, order.run, name=order.name, version=order.version, folders=named_folders(order.data), metrics=(),
    )  # fmt: skip
    chosen = None if order.chosen is None else read_chosen(order.chosen)
    facts = with_choice(plain, chosen)
    summary = read_summary(order.run)
    accounts = _accounts(order, facts, words, summary)
    return told_facts(facts, words, summary, accounts=accounts, chosen=chosen, ended=early_end(order.run))


def _accounts(
    order: Export, facts: CardFacts, words: Mapping[str, Any], summary: Mapping[str, Any]
) -> list[Account]:  # fmt: skip
    """What the reports and the folds tell: first that of these weights."""
    from trainer.accounts import SETTINGS, account_of_report, accounts_of_fold

    settings = {name: getattr(facts, name) for name in SETTINGS}
    reports = [_named(report) for report in order.reports]
    told = [account_of_report(folder, order.run, settings, on=on) for on, folder in reports]
    for path in order.judged:
        told += accounts_of_fold(path, order.run, summary, names=words.get("judged", {}))
    return told


def _named(report: str) -> tuple[str, Path]:
    """Name ("" without one) and folder of `[NAME=]FOLDER`."""
    name, equals, folder = report.partition("=")
    return ("", Path(report)) if not equals or Path(report).exists() else (name, Path(folder))


def _labelled(folder: Path, only: Path | None) -> list[Pair]:
    from trainer.data.folders import find_pairs, read_list, read_pair
    from trainer.data.folders import only as listed

    pairs = find_pairs(folder, name=folder.name)
    return [read_pair(pair) for pair in (pairs if only is None else listed(pairs, read_list(only)))]


def _network_frames(pairs: Sequence[Pair], facts: CardFacts) -> list[NDArray[np.uint8]]:
    from trainer.precision import network_image

    return [network_image(image, facts.size) for image, _ in pairs[:PARITY_FRAMES]]


def _lighten(kinds: Sequence[str], pairs: Sequence[Pair], facts: CardFacts) -> Lighten | None:
    if not kinds:
        return None
    from trainer.precision import MAKERS, lighten
    from trainer.proposing import Rules

    unknown = sorted(set(kinds) - set(MAKERS))
    if unknown:
        raise DataError("export.lighter", f"There is no lighter form '{unknown[0]}'.", f"Known: {', '.join(MAKERS)}.")
    rules = Rules(facts.size, facts.threshold, facts.minimum_area)
    return lambda path: [dataclasses.asdict(form) for form in lighten(path, kinds=kinds, frames=pairs, rules=rules)]
