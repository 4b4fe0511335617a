"""The words of a card: from a facts file (TOML) for a network trained here, or from the card of a base."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from trainer.bundle import Bundle
from trainer.data.folders import Pair, find_pairs
from trainer.errors import DataError
from trainer.export import CardFacts
from trainer.files import digest_of
from trainer.models.registry import Architecture

EVENTS: Final = "events.jsonl"
REQUIRED: Final = ("intended_use", "known_failures", "licences")
"""Words without which there is no card."""


def facts_of(bundle: Bundle) -> CardFacts:
    """What the card of a bundle says, to be carried on."""
    card = bundle.card
    return CardFacts(
        name=bundle.name,
        version=str(card.get("version", "")),
        architecture=bundle.architecture,
        size=bundle.size,
        intended_use=str(card.get("intended_use", "")),
        known_failures=tuple(str(line) for line in cast("Iterable[object]", card.get("known_failures", ()))),
        licences=cast("Mapping[str, str]", card.get("licences", {})),
        threshold=bundle.threshold,
        temperature=bundle.temperature,
        minimum_area=bundle.minimum_area,
        metrics=tuple(cast("Iterable[Mapping[str, object]]", card.get("metrics") or ())),
        data=tuple(cast("Iterable[Mapping[str, object]]", card.get("data") or ())),
        recipe=cast("Mapping[str, object]", card.get("recipe") or {}),
        seeds=tuple(cast("Iterable[int]", card.get("seeds") or (0,))),
        parent=cast("str | None", card.get("parent")),
    )


def read_words(path: Path) -> Mapping[str, object]:
    """A facts file: `intended_use`, `known_failures`, `[licences]`, `[data.NAME]`; and where the card is to tell it,
    `failure_pictures`, `not_measured`, `protocol` and `[judged]`, what the sets that folds judge are called.

    Raises DataError if it is none, or says too little for a card.
    """
    try:
        words = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise DataError("card.words", f"{path} holds no words for a card: {error}.", "Correct the file.") from error
    absent = [name for name in REQUIRED if name not in words]
    if absent:
        raise DataError("card.words", f"{path} does not say {', '.join(absent)}.", "Add it: no card goes without.")
    return words


def read_summary(run: Path) -> dict[str, Any]:
    """`run.json` of a fit. Raises DataError when there is none."""
    try:
        summary: dict[str, Any] = json.loads((run / "run.json").read_text("utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError("run.missing", f"There is no training run in {run}.", "Give the folder of a fit.") from error
    return summary


def early_end(run: Path) -> int | None:
    """The step at which a budget ended a run before its recipe did; None where none did, or no events tell."""
    path = run / EVENTS
    if not path.is_file():
        return None
    events = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    results = [event for event in events if event["type"] == "result"]
    return None if not results or results[-1]["finished"] else int(results[-1]["step"])


def trained_facts(
    words: Mapping[str, object], run: Path, *, name: str, version: str, folders: Mapping[str, Path],
    metrics: Sequence[Mapping[str, object]],
) -> CardFacts:  # fmt: skip
    """The facts of a network that `fit` trained in the folder `run`; `folders` are its data, for their digests."""
    summary = read_summary(run)
    recipe = summary["recipe"]
    architecture = Architecture(str(recipe["architecture"]["name"]), recipe["architecture"]["arguments"])
    used = [*summary["train"], *summary["validation"]]
    return CardFacts(
        name=name,
        version=version,
        architecture=architecture,
        size=(int(recipe["size"]), int(recipe["size"])),
        intended_use=str(words["intended_use"]),
        known_failures=tuple(str(line) for line in cast("Iterable[object]", words["known_failures"])),
        licences=cast("Mapping[str, str]", words["licences"]),
        metrics=tuple(metrics),
        data=tuple(_source(words, dataset, folder, used) for dataset, folder in folders.items()),
        recipe={**recipe, "torch": summary["torch"], "trainer": summary["version"]},
        seeds=tuple(int(seed) for seed in summary.get("seeds") or (summary["seed"],)),
    )


def report_metrics(report: Path) -> list[Mapping[str, object]]:
    """The metrics of a report folder of `evaluate` (or of its `metrics.json`), as a card lists them.

    They are those at image size with their intervals by frame; those that could not be measured are left out.
    """
    place = report / "metrics.json" if report.is_dir() else report
    try:
        content = json.loads(place.read_text("utf-8"))
        return [
            {
                "name": name,
                "value": found["value"],
                "interval": found["interval"],
                "on": content["on"],
                "frames": content["frames"],
            }
            for name, found in content["metrics"].items()
            if found["value"] is not None
        ]
    except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise DataError("report.broken", f"{report} is no report of `evaluate`.", "Write it again.") from error


def _source(words: Mapping[str, object], dataset: str, folder: Path, used: Sequence[str]) -> Mapping[str, object]:
    said = cast("Mapping[str, Mapping[str, object]]", words.get("data", {})).get(dataset)
    if said is None:
        raise DataError("card.words", f"The words say nothing about the data '{dataset}'.", f"Add [data.{dataset}].")
    mine = {key for key in used if key.startswith(f"{dataset}/")}
    pairs = [pair for pair in find_pairs(folder, name=dataset) if pair.key in mine]
    return {"name": said["name"], "frames": len(pairs), "digest": data_digest(pairs), **said}


def data_digest(pairs: Sequence[Pair]) -> str:
    """`sha256:` over the sorted lines `stem image-digest mask-digest` of all pairs."""
    lines = sorted(f"{pair.stem} {digest_of(pair.image)} {digest_of(pair.mask)}" for pair in pairs)
    return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()
