"""The card of a model bundle (`polypviewer/bundle/1`, docs/formats.md section 1): exact reading of `card.json`.

Keys that are not known are ignored; a missing key, a wrong type or a value out of range is refused with its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from polypviewer.core.errors import SegmentationError

SCHEMA: Final = "polypviewer/bundle/1"
FIELD_OF_VIEW_RULES: Final = ("fov-1",)
FILES: Final = ("model.onnx", "weights.safetensors")
INPUTS_WE_CAN_FEED: Final = ("image", "guidance")
LARGEST_SIDE: Final = 8192
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

T = TypeVar("T")
Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A named input or output: numpy's name of the type, and its axes (an int, or a name such as "N" for any size)."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} [{', '.join(str(axis) for axis in self.shape)}]"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that was measured: what, where, on how many frames, with its interval if one is known."""

    name: str
    value: float
    interval: tuple[float, float] | None
    measured_on: str
    frames: int


@dataclass(frozen=True, slots=True)
class FileSpec:
    """Digest (hexadecimal) and size of one file of the bundle."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Card:
    """What `card.json` says.

    `height` and `width`: the network's pixels. `threshold`: 0-1. `minimum_area`: 0-1 of the field of view.
    """

    name: str
    version: str
    created: str
    architecture: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    height: int
    width: int
    field_of_view: str
    blank_insets: bool
    threshold: float
    temperature: float
    minimum_area: float
    metrics: tuple[Metric, ...]
    parent: str | None
    intended_use: str
    known_failures: tuple[str, ...]
    files: tuple[FileSpec, ...]


class CardError(ValueError):
    """Why a card cannot be used; becomes a `SegmentationError` with the bundle's name at the edge of this module."""


def parse_card(data: bytes, *, bundle: str) -> Card:
    """The card in the bytes of `card.json`.

    `bundle` is how errors name it. Raises `SegmentationError`: "bundle.card" with the reason, "bundle.newer" for a
    schema that is not known.
    """
    try:
        content = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SegmentationError("bundle.card", bundle=bundle, reason=f"it is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise SegmentationError("bundle.card", bundle=bundle, reason="it is no JSON object")
    if content.get("schema") != SCHEMA:
        raise SegmentationError("bundle.newer", bundle=bundle, schema=content.get("schema"))
    try:
        return _card(content)
    except CardError as problem:
        raise SegmentationError("bundle.card", bundle=bundle, reason=str(problem)) from problem


def _card(content: Entry) -> Card:
    resize = _entry(content, "resize")
    field_of_view = _entry(content, "field_of_view")
    card = Card(
        name=_text(content, "name"),
        version=_text(content, "version"),
        created=_text(content, "created"),
        architecture=_text(_entry(content, "architecture"), "name"),
        inputs=_each(content, "inputs", _tensor),
        outputs=_each(content, "outputs", _tensor),
        height=_whole(resize, "height", 1, LARGEST_SIDE),
        width=_whole(resize, "width", 1, LARGEST_SIDE),
        field_of_view=_one_of(field_of_view, "rule", FIELD_OF_VIEW_RULES),
        blank_insets=_boolean(field_of_view, "blank_insets"),
        threshold=_number(content, "threshold", 0.0, 1.0),
        temperature=_number(content, "temperature", 1e-6, 1e6),
        minimum_area=_number(content, "minimum_area", 0.0, 1.0),
        metrics=_each(content, "metrics", _metric) if content.get("metrics") is not None else (),
        parent=_text(content, "parent") if content.get("parent") is not None else None,
        intended_use=_text(content, "intended_use"),
        known_failures=_each(content, "known_failures", _plain_text),
        files=tuple(_file(_entry(content, "files"), name) for name in FILES),
    )
    for key, value in (("rule", "stretch"), ("down", "area"), ("up", "linear")):
        _one_of(resize, key, (value,))
    _check_tensors(card)
    return card


def _check_tensors(card: Card) -> None:
    """The mandatory tensors are there, as the format says, and nothing is asked for that nobody could give."""
    if not card.blank_insets:
        raise CardError("field_of_view.blank_insets must be true under the rule fov-1")
    inputs = {spec.name: spec for spec in card.inputs}
    outputs = {spec.name: spec for spec in card.outputs}
    if len(inputs) != len(card.inputs) or len(outputs) != len(card.outputs):
        raise CardError("two tensors have the same name")
    _expect(inputs.get("image"), "image", "uint8", (None, card.height, card.width, 3), sides=(1, 2))
    _expect(outputs.get("probability"), "probability", "float32", (None, 1, card.height, card.width), sides=(2, 3))
    _check_free_sides(inputs["image"], outputs["probability"], sides=(2, 3))
    if "guidance" in inputs:
        _expect(inputs["guidance"], "guidance", "uint8", (None, card.height, card.width, -1), sides=(1, 2))
        _check_free_sides(inputs["image"], inputs["guidance"], sides=(1, 2))
    strangers = sorted(set(inputs) - set(INPUTS_WE_CAN_FEED))
    if strangers:
        raise CardError(f"the input {strangers[0]!r} is not known")


def _expect(
    spec: TensorSpec | None, name: str, dtype: str, shape: tuple[int | None, ...], *, sides: tuple[int, int]
) -> None:
    """`shape`: None for an axis of any size (a name), -1 for any whole number. `sides`: which axes are height and
    width: a network of any size has names there."""
    if spec is None:
        raise CardError(f"the tensor {name!r} is missing")
    wanted = ", ".join("N" if axis is None else "K" if axis < 0 else str(axis) for axis in shape)
    fits = len(spec.shape) == len(shape) and all(
        _axis_fits(axis, expected) or (place in sides and isinstance(axis, str))
        for place, (axis, expected) in enumerate(zip(spec.shape, shape, strict=True))
    )
    if spec.dtype != dtype or not fits:
        raise CardError(f"{spec} should be {name} {dtype} [{wanted}]")


def _check_free_sides(image: TensorSpec, other: TensorSpec, *, sides: tuple[int, int]) -> None:
    """Sides by name are three different sizes (batch, height, width), the same in `image` and at `sides` of `other`."""
    names = [axis for axis in image.shape[:3] if isinstance(axis, str)]
    if len(set(names)) != len(names):
        raise CardError(f"{image} has two axes of one name")
    if image.shape[1:3] != tuple(other.shape[side] for side in sides):
        raise CardError(f"{image} and {other} differ in height or width")


def _axis_fits(axis: int | str, wanted: int | None) -> bool:
    if wanted is None:
        return isinstance(axis, str)
    return isinstance(axis, int) and (wanted < 0 or axis == wanted)


def _tensor(value: object) -> TensorSpec:
    entry = _as_entry(value, "a tensor")
    shape = _each(entry, "shape", _axis)
    return TensorSpec(_text(entry, "name"), _text(entry, "dtype"), shape)


def _axis(value: object) -> int | str:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise CardError(f"{value!r} is no axis of a tensor")


def _metric(value: object) -> Metric:
    entry = _as_entry(value, "a metric")
    interval = None
    if entry.get("interval") is not None:
        bounds = _each(entry, "interval", _plain_number)
        if len(bounds) != 2:
            raise CardError("the interval of a metric needs two numbers")
        interval = (bounds[0], bounds[1])
    return Metric(
        _text(entry, "name"),
        _number(entry, "value", -1e12, 1e12),
        interval,
        _text(entry, "on"),
        _whole(entry, "frames", 0, 10**12),
    )


def _file(files: Entry, name: str) -> FileSpec:
    entry = _entry(files, name)
    digest = _text(entry, "sha256")
    if _SHA256.fullmatch(digest) is None:
        raise CardError(f"files.{name}.sha256 is no SHA-256 digest")
    return FileSpec(name, digest, _whole(entry, "bytes", 0, 2**63))


# --- one value of a JSON object, or the reason why not ---


def _get(entry: Entry, key: str) -> object:
    if key not in entry:
        raise CardError(f"{key!r} is missing")
    return entry[key]


def _as_entry(value: object, what: str) -> Entry:
    if not isinstance(value, dict):
        raise CardError(f"{what} should be a JSON object")
    return value


def _entry(entry: Entry, key: str) -> Entry:
    return _as_entry(_get(entry, key), repr(key))


def _text(entry: Entry, key: str) -> str:
    value = _get(entry, key)
    if not isinstance(value, str) or not value:
        raise CardError(f"{key!r} should be text, not {value!r}")
    return value


def _plain_text(value: object) -> str:
    if not isinstance(value, str):
        raise CardError(f"{value!r} should be text")
    return value


def _plain_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CardError(f"{value!r} should be a number")
    return float(value)


def _number(entry: Entry, key: str, low: float, high: float) -> float:
    value = _plain_number(_get(entry, key))
    if not low <= value <= high:
        raise CardError(f"{key!r} is {value:g}, which is not within {low:g} and {high:g}")
    return value


def _whole(entry: Entry, key: str, low: int, high: int) -> int:
    value = _get(entry, key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise CardError(f"{key!r} should be a whole number from {low} to {high}, not {value!r}")
    return value


def _boolean(entry: Entry, key: str) -> bool:
    value = _get(entry, key)
    if not isinstance(value, bool):
        raise CardError(f"{key!r} should be true or false, not {value!r}")
    return value


def _one_of(entry: Entry, key: str, known: tuple[str, ...]) -> str:
    value = _text(entry, key)
    if value not in known:
        raise CardError(f"{key!r} is {value!r}; this version knows {' and '.join(known)}")
    return value


def _each(entry: Entry, key: str, read: Callable[[object], T]) -> tuple[T, ...]:
    value = _get(entry, key)
    if not isinstance(value, list):
        raise CardError(f"{key!r} should be a list")
    return tuple(read(item) for item in value)
