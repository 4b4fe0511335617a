"""What the card of a bundle that comes along has to say, beyond what a reader of bundles needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Required:
    """One field. `path`: keys with dots between, `[]` for every entry of a list. `holds`: whether a value will do."""

    path: str
    holds: Callable[[object], bool]
    what: str


def is_text(value: object) -> bool:
    """Some words; "not measured: ..." is an answer, an empty field is none."""
    return isinstance(value, str) and len(value.split()) >= LEAST_WORDS


def is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_interval(value: object) -> bool:
    """Two numbers, the lower first."""
    return (
        isinstance(value, Sequence)
        and len(value) == 2
        and all(is_number(end) for end in value)
        and value[0] <= value[1]
    )  # fmt: skip


def is_digest(value: object) -> bool:
    return isinstance(value, str) and value.startswith("sha256:") and len(value) == 71


def is_filled(value: object) -> bool:
    """A list or an object that holds something."""
    return isinstance(value, (list, dict)) and bool(value)


def says(*words: str) -> Callable[[object], bool]:
    """Text in which each of the words stands."""
    return lambda value: is_text(value) and all(word in str(value).lower() for word in words)


def seeds(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(seed, int) for seed in value)


FIELDS: Final = (
    Required("intended_use", says("annotation", "not for diagnosis"), "annotation and research, not diagnosis"),
    Required("data", is_filled, "every data set that taught or chose"),
    Required("data[].name", is_name, "its name"),
    Required("data[].frames", is_count, "how many of its frames"),
    Required("data[].digest", is_digest, "digest over their names and bytes"),
    Required("data[].licence", is_text, "its terms"),
    Required("data[].attribution", is_text, "whom to name"),
    Required("licences.weights", says("unsettled", "no commercial clearance"), "what is not known about the terms"),
    Required("licences.pretraining", says("imagenet"), "where the encoder comes from"),
    Required("recipe", is_filled, "how it was trained"),
    Required("recipe.chosen.on", is_name, "frames on which threshold and the like were chosen"),
    Required("recipe.chosen.why", is_text, "how they were chosen"),
    Required("threshold", is_number, "threshold"),
    Required("temperature", is_number, "temperature"),
    Required("minimum_area", is_number, "smallest area"),
    Required("calibration", is_text, "whether probabilities were calibrated, and on what"),
    Required("protocol", is_text, "which frames taught, chose and judged, and which figures belong to fold models"),
    Required("seeds", seeds, "seeds"),
    Required("metrics", is_filled, "what was measured"),
    Required("metrics[].name", is_name, "name of a metric"),
    Required("metrics[].value", is_number, "its value"),
    Required("metrics[].interval", is_interval, "its interval"),
    Required("metrics[].on", is_name, "frames it was measured on"),
    Required("metrics[].frames", is_count, "how many"),
    Required("strata", is_filled, "Dice by area of the lesion"),
    Required("strata[].on", is_name, "frames of a stratum"),
    Required("strata[].area", is_name, "area of the lesions"),
    Required("strata[].frames", is_count, "how many"),
    Required("strata[].per_image_dice", is_number, "their Dice"),
    Required("strata[].interval", is_interval, "its interval"),
    Required("known_failures", is_filled, "known failures"),
    Required("known_failures[]", is_text, "one of them"),
    Required("failure_pictures", is_text, "where to see them"),
    Required("not_measured", is_filled, "what was not measured"),
    Required("not_measured[]", is_text, "one of it, with the reason"),
    Required("onnx_parity", is_number, "largest difference between PyTorch and ONNX"),
    Required("precision.kind", is_name, "what it computes in"),
)
NAMES: Final = ("per_image_dice", "per_image_iou", "lesion_sensitivity", "ece", "ece_unsure", "presence_ece")
"""Metrics that every card gives."""


def missing(card: Mapping[str, object]) -> list[str]:
    """What a card does not say: the path and what should stand there."""
    found = [f"{field.path}: {field.what}" for field in FIELDS if not _all_hold(card, field)]
    metrics = card.get("metrics")
    given = {entry.get("name") for entry in metrics} if isinstance(metrics, list) else set()
    return [*found, *(f"metrics: {name}" for name in NAMES if name not in given)]


def _all_hold(card: Mapping[str, object], field: Required) -> bool:
    values: list[object] = [card]
    for part in field.path.split("."):
        key, is_each = part.removesuffix("[]"), part.endswith("[]")
        values = [value[key] if isinstance(value, dict) and key in value else None for value in values]
        if is_each:
            values = [entry for value in values if isinstance(value, list) for entry in value]
    return all(field.holds(value) for value in values)
