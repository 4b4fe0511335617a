"""`polyp-trainer export`: from a run to a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from trainer.commands.ending import named_folders, require_torch, with_errors_told
from trainer.commands.options import Data


def export(
    *,
    run: Annotated[Path, typer.Option(help="Folder of a fit.")],
    out: Annotated[Path, typer.Option(help="Bundle to write.")],
    words: Annotated[Path, typer.Option(help="TOML with the card's words: use, failures, licences, data.")],
    data: Data,
    name: Annotated[str, typer.Option(help="Name on the card.")],
    version: Annotated[str, typer.Option(help="Version on the card.")],
    report: Annotated[
        list[Path] | None, typer.Option(help="Report of `evaluate` whose metrics the card gives; more than once.")
    ] = None,
) -> None:
    """Write the best weights of a fit as a model bundle."""
    run_export(run, out=out, words=words, data=data, name=name, version=version, reports=report or [])


def run_export(
    run: Path, *, out: Path, words: Path, data: Sequence[str], name: str, version: str, reports: Sequence[Path]
) -> None:
    """Write the best weights of a fit as a bundle."""

    def work() -> None:
        require_torch()
        from trainer.cards import read_words, report_metrics, trained_facts
        from trainer.export import write_bundle
        from trainer.models.registry import build_network
        from trainer.training.checkpoints import read_checkpoint

        metrics = [metric for report in reports for metric in report_metrics(report)]
        folders = named_folders(data)
        facts = trained_facts(read_words(words), run, name=name, version=version, folders=folders, metrics=metrics)
        network = build_network(facts.architecture)
        network.load_state_dict(read_checkpoint(run / "best.pt").average)
        bundle = write_bundle(out, network, facts)
        Console(stderr=True).print(f"{out}: {bundle.digest}")

    with_errors_told(work)
