"""Lighter forms of `model.onnx`, half precision and int8: kept only where they are measured to pay.

int8 is static quantisation to QDQ with calibration on real frames (docs/decisions/0011). Both convert whole files for
ONNX Runtime; the weights beside them stay as they were trained.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from trainer.errors import DataError
from trainer.evaluation.proposals import onnx_probability
from trainer.export import open_onnx, run_onnx
from trainer.pixels.field_of_view import find_field_of_view
from trainer.pixels.geometry import network_input
from trainer.pixels.metrics import count, per_image_dice
from trainer.proposing import Rules, propose

MOST_DICE_LOST = 0.005
QUICKER = 1.05
"""How many times quicker a lighter form must be at the median: less is the noise of the measurement."""
ROUNDS = 15
"""Passes over the timed frames, taking turns, so that both forms meet the same moments of the machine."""
TIMED = 8
FEWEST = 8
"""Labelled frames below which a loss of half a point of Dice could not be seen at all."""

CALIBRATED = 64
"""Frames at most whose activations set the ranges of int8: with more, Dice and differences stayed the same."""

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A frame `(H, W, 3)` uint8 RGB and its LabelMap `(H, W)` uint8."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a lighter form: milliseconds of the network alone at the median, Dice on the given frames."""

    kind: str
    milliseconds: float
    dice: float
    bytes: int
    kept: bool
    why: str


def lighten(path: Path, *, kinds: Sequence[str], frames: Sequence[Pair], rules: Rules) -> list[Tried]:
    """Replace the network at `path` by the quickest form that loses no more than `MOST_DICE_LOST`; says what was tried.

    `kinds`: of "float16" and "int8". Raises DataError with fewer than `FEWEST` frames that hold a polyp.
    """
    seen = [(image, label) for image, label in frames if (label == 1).any()]
    if len(seen) < FEWEST:
        raise DataError(
            "export.frames",
            f"{len(seen)} labelled frames cannot tell whether a lighter network is as good.",
            f"Give at least {FEWEST} frames with a polyp.",
        )
    inputs = [network_image(image, rules.size) for image, _ in seen]
    with tempfile.TemporaryDirectory(prefix="polyp-trainer-") as folder, _quiet():
        forms = {kind: MAKERS[kind](path, Path(folder) / f"{kind}.onnx", inputs) for kind in kinds}
        found = _measured({"float32": path, **forms}, inputs, seen, rules)
        chosen = min((form for form in found if form.kept), key=lambda form: form.milliseconds, default=None)
        if chosen is not None:
            path.write_bytes(forms[chosen.kind].read_bytes())
    return [form if form is chosen or not form.kept else _outdone(form) for form in found]


def half(path: Path, out: Path, _inputs: Sequence[NDArray[np.uint8]]) -> Path:
    """Weights and arithmetic in float16, tensors in and out as before."""
    model = onnx.load(str(path))
    _give_each_stretch_its_own_scales(model)
    halved = convert_float_to_float16(model, keep_io_types=True)
    for number, node in enumerate(halved.graph.node):
        node.name = f"node_{number}"
    onnx.save(halved, str(out))
    return out


def int8(path: Path, out: Path, inputs: Sequence[NDArray[np.uint8]]) -> Path:
    """Weights in 7 bits by channel, activations in uint8 by the extremes that the given frames reach.

    Seven, because processors without VNNI add two products of uint8 and int8 into 16 bits and clip them there: with 8
    bits the same file answers otherwise on such a machine, and no check on this one would show it.
    """
    prepared = out.with_suffix(".prepared.onnx")
    quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared), str(out), _Reader(_some(inputs)), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, reduce_range=True,
    )  # fmt: skip
    return out


def _some(inputs: Sequence[NDArray[np.uint8]]) -> Sequence[NDArray[np.uint8]]:
    """At most `CALIBRATED` of them, from first to last."""
    return inputs[:: -(-len(inputs) // CALIBRATED)]


MAKERS: dict[str, Callable[[Path, Path, Sequence[NDArray[np.uint8]]], Path]] = {"float16": half, "int8": int8}


class _Reader(CalibrationDataReader):  # type: ignore[misc] # onnxruntime ships no types
    """The calibration frames, one at a time, as ONNX Runtime's quantiser asks for them."""

    def __init__(self, inputs: Sequence[NDArray[np.uint8]]) -> None:
        self._waiting = iter(inputs)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        image = next(self._waiting, None)
        return None if image is None else {"image": image[np.newaxis]}


def _measured(
    forms: Mapping[str, Path], inputs: Sequence[NDArray[np.uint8]], frames: Sequence[Pair], rules: Rules
) -> list[Tried]:
    """What each form but the first is worth beside the first."""
    times = _times({kind: open_onnx(path) for kind, path in forms.items()}, inputs[:TIMED])
    dices = {kind: _dice(path, frames, rules) for kind, path in forms.items()}
    base, *others = forms
    return [_judged(kind, times, dices, base=base, size=forms[kind].stat().st_size) for kind in others]


def _judged(kind: str, times: Mapping[str, float], dices: Mapping[str, float], *, base: str, size: int) -> Tried:
    ratio, lost = times[base] / times[kind], dices[base] - dices[kind]
    why = f"{ratio:.2f} times as quick as float32 ({times[kind]:.1f} against {times[base]:.1f} ms), Dice {-lost:+.4f}"
    return Tried(
        kind, round(times[kind], 2), round(dices[kind], 5), size, ratio >= QUICKER and lost <= MOST_DICE_LOST, why
    )


def _outdone(form: Tried) -> Tried:
    return replace(form, kept=False, why=f"{form.why}; another form was quicker still")


def _times(
    sessions: Mapping[str, onnxruntime.InferenceSession], inputs: Sequence[NDArray[np.uint8]]
) -> dict[str, float]:
    """Median milliseconds of one frame through each network, taking turns."""
    taken: dict[str, list[float]] = {kind: [] for kind in sessions}
    for round_number in range(ROUNDS + 1):
        for image in inputs:
            for kind, session in sessions.items():
                started = time.perf_counter()
                run_onnx(session, image[np.newaxis])
                if round_number:
                    taken[kind].append((time.perf_counter() - started) * 1000)
    return {kind: float(np.median(values)) for kind, values in taken.items()}


def _dice(path: Path, frames: Sequence[Pair], rules: Rules) -> float:
    """Mean per-image Dice at the size of the frames."""
    probability = onnx_probability(open_onnx(path))
    return per_image_dice(count(propose(image, probability, rules).mask, label) for image, label in frames)


def network_image(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A frame as the network takes it, `(h, w, 3)` uint8 RGB at `size` (height, width)."""
    height, width = size
    return network_input(image, find_field_of_view(image), height=height, width=width)


def _give_each_stretch_its_own_scales(model: onnx.ModelProto) -> None:
    """The converter casts the scales of each Resize by the name they come under, and fails where two share a name."""
    known = {tensor.name: tensor for tensor in model.graph.initializer}
    for number, node in enumerate(model.graph.node):
        for place, name in enumerate(node.input):
            if node.op_type == "Resize" and place and name in known:
                own = onnx.TensorProto()
                own.CopyFrom(known[name])
                own.name = f"{name}_of_{number}"
                model.graph.initializer.append(own)
                node.input[place] = own.name


@contextmanager
def _quiet() -> Iterator[None]:
    """The quantiser logs its own advice to the root logger."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
