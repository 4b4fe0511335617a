"""What a card says in sentences: who taught, chose and judged, how probabilities were scaled, what nobody measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final

from trainer.accounts import Account
from trainer.evaluation.choosing import Chosen
from trainer.export import CardFacts

Words = Mapping[str, Any]

ERRORS: Final = (
    "How far probabilities are off is under metrics: ece (all pixels), ece_unsure (pixels with .05 < p < .95 or near "
    "the border of the truth), ece_between (the former alone), presence_ece (whether there is a polyp)."
)
INTERVALS: Final = (
    "Intervals are 95 %: of the metrics of folds by groups (near-duplicates, sequences), of shares of empty frames "
    "after Wilson, of all else by frame."
)
HALF: Final = "The judged frames all hold a polyp, so presence_ece answers only half of its question."


def told_facts(
    facts: CardFacts, words: Words, summary: Mapping[str, Any], *, accounts: Sequence[Account], chosen: Chosen | None,
    ended: int | None = None,
) -> CardFacts:  # fmt: skip
    """The facts with everything that a card says for people; what nothing tells becomes an entry of `not_measured`.

    `summary`: `run.json` of the run. `chosen`: what was chosen on validation frames. `ended`: step at which a budget
    ended the run before its recipe did.
    """
    measured = [line for account in accounts for line in account.failures]
    return dataclasses.replace(
        facts,
        metrics=(*facts.metrics, *(row for account in accounts for row in account.metrics)),
        strata=tuple(row for account in accounts for row in account.strata),
        known_failures=(*facts.known_failures, *measured),
        protocol=protocol_told(words, summary, accounts=accounts, chosen=chosen, ended=ended),
        calibration=calibration_told(accounts, chosen),
        failure_pictures=str(words.get("failure_pictures", "")),
        not_measured=tuple(not_measured(words, accounts)),
    )  # fmt: skip


def with_choice(facts: CardFacts, chosen: Chosen | None) -> CardFacts:
    """The facts with what was chosen on validation frames; `recipe.chosen` then tells it, or that nothing was."""
    if chosen is None:
        why = (
            f"Not chosen: threshold {facts.threshold:g}, temperature {facts.temperature:g} and smallest area "
            f"{facts.minimum_area:g} are the defaults of the format, and no choice is on record."
        )
        return dataclasses.replace(
            facts, recipe={**facts.recipe, "chosen": {"on": "nothing", "bundle": None, "why": why}}
        )
    told = {"on": chosen.on, "bundle": chosen.bundle, "why": chosen.why}
    return dataclasses.replace(
        facts, recipe={**facts.recipe, "chosen": told}, threshold=chosen.threshold, temperature=chosen.temperature,
        minimum_area=chosen.minimum_area,
    )  # fmt: skip


def protocol_told(
    words: Words, summary: Mapping[str, Any], *, accounts: Sequence[Account], chosen: Chosen | None,
    ended: int | None = None,
) -> str:  # fmt: skip
    """Which frames taught, chose and judged, and of which weights each figure is."""
    on = "were not chosen" if chosen is None else f"were chosen on {chosen.on}"
    sentences = [
        f"Taught: {_counted(words, summary['train'])}.",
        *([] if ended is None else [f"A budget ended the training at step {ended}, before the end of the recipe."]),
        f"Chose the epoch: {_counted(words, summary['validation'])}.",
        f"Threshold, temperature and smallest area {on}.",
        *_judges(accounts),
        *([str(words["protocol"])] if "protocol" in words else []),
    ]
    return " ".join(sentences)


def calibration_told(accounts: Sequence[Account], chosen: Chosen | None) -> str:
    """Whether probabilities were scaled, on what, and where to see how far they are off."""
    if chosen is None:
        scaled = "None was made: temperature 1, no scaling was fitted."
    else:
        before, after = (chosen.measured.get(f"nll_{when}") for when in ("before", "after"))
        gain = "" if before is None or after is None else f": {before:g} before, {after:g} after"
        raised = float(chosen.measured.get("raised") or 1.0)
        scaled = (
            f"Temperature {chosen.temperature / raised:.4g} by least negative log-likelihood of pixels on "
            f"{chosen.on}{gain}. {_raised(chosen, raised)}Nothing else was fitted."
        )
    if not accounts:
        return f"{scaled} How far probabilities are off was not measured."
    return " ".join([scaled, ERRORS, *([] if any(account.empty for account in accounts) else [HALF])])


def _raised(chosen: Chosen, raised: float) -> str:
    if raised == 1.0:
        return ""
    return (
        f"Multiplied by {raised:g}, to {chosen.temperature:g}, for hospitals that did not teach, where networks are "
        "surer than they may be. "
    )


def not_measured(words: Words, accounts: Sequence[Account]) -> list[str]:
    """What no report and no words tell, each with the reason."""
    found = [str(line) for line in words.get("not_measured", ())]
    judged = [account.on for account in accounts]
    named = [str(name) for name in words.get("judged", {}).values()]
    found += [f"{name}: not measured." for name in named if not any(on.startswith(name) for on in judged)]
    if not accounts:
        found.append("Quality of these weights: not measured, no report was given.")
    elif all(account.fold for account in accounts):
        found.append("These weights themselves: not measured, every figure is of a fold model.")
    if accounts and not any(account.empty for account in accounts):
        found.append("Proposals on frames without a polyp: not measured, the judged sets hold none.")
        found.append("Calibration of whether a polyp is there, on frames with and without one: not measured.")
    for account in accounts:
        if account.untold:
            found.append(f"{account.on}: {', '.join(account.untold)} not measured, or not with an interval.")
    for field, what in (("failure_pictures", "Pictures of failures"), ("known_failures", "Known failures")):
        if not words.get(field):
            found.append(f"{what}: nothing was told about them.")
    return found


def _judges(accounts: Sequence[Account]) -> list[str]:
    if not accounts:
        return ["Judged: on nothing."]
    sets = [
        f"{account.on} ({account.frames} frames{f', {account.how}' if account.how else ''})" for account in accounts
    ]
    folds = [account.fold for account in accounts if account.fold]
    if not folds:
        return [f"Judged: {'; '.join(sets)}.", f"Every figure is of these weights. {INTERVALS}"]
    names = ", ".join(dict.fromkeys(folds))
    own = "No figure is of these weights." if len(folds) == len(accounts) else "The other figures are of these weights."
    return [
        f"Judged: {'; '.join(sets)}.",
        f"Fold models ({names}) are other weights: the same recipe and seed, taught without the frames that judge "
        f"them. {own} {INTERVALS}",
    ]


def _counted(words: Words, keys: Sequence[str]) -> str:
    """How many frames of each data set, and how many crops of mucosa, the keys name."""
    frames = [key for key in keys if "#" not in key]
    names = {str(name): str(said.get("name", name)) for name, said in words.get("data", {}).items()}
    each: dict[str, int] = {}
    for key in frames:
        name = key.partition("/")[0]
        each[names.get(name, name)] = each.get(names.get(name, name), 0) + 1
    crops = len(keys) - len(frames)
    more = f" and {crops} crops of them that hold no polyp" if crops else ""
    return f"{len(frames)} frames ({', '.join(f'{name}: {count}' for name, count in each.items())}){more}"
