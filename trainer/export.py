"""From a network to a bundle: ONNX with everything inside, parity measured, written whole."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, RuntimeException
from torch import Tensor, nn

from trainer.bundle import CARD, NETWORK, SCHEMA, WEIGHTS, Bundle, read_bundle, write_weights
from trainer.errors import BundleError
from trainer.export_form import PLAIN, Form, halve_weights, with_half_weights, with_rounded_weights
from trainer.files import digest_of, write_folder_whole
from trainer.models.network import Network
from trainer.models.registry import Architecture

OPSET = 18
PARITY = 1e-3
"""Largest difference between PyTorch's and ONNX Runtime's probability that a bundle may have."""

LEAST_TRACED = 64
"""Pixels of a side below which networks of other libraries shrink to nothing on their way down."""
LEAST_SIDE, LARGEST_SIDE = 32, 8192
"""Sides in pixels that a network of free size is traced for; the largest is that of the application's cards."""


class Shipped(nn.Module):
    """What `model.onnx` computes: `(n, h, w, 3)` uint8 RGB to `(n, 1, h, w)` float32 probability."""

    def __init__(self, network: Network, *, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, image: Tensor) -> Tensor:
        pixels = image.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0
        return torch.sigmoid(self.network(pixels) / self.temperature)


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says beyond what the network itself decides; JSON values as in docs/formats.md.

    From `strata` on it is for people: an empty one is left out of the card.
    """

    name: str
    version: str
    architecture: Architecture
    size: tuple[int, int]
    intended_use: str
    known_failures: tuple[str, ...]
    licences: Mapping[str, str]
    threshold: float = 0.5
    temperature: float = 1.0
    minimum_area: float = 0.0005
    metrics: tuple[Mapping[str, object], ...] = ()
    data: tuple[Mapping[str, object], ...] = ()
    recipe: Mapping[str, object] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    parent: str | None = None
    strata: tuple[Mapping[str, object], ...] = ()
    protocol: str = ""
    calibration: str = ""
    failure_pictures: str = ""
    not_measured: tuple[str, ...] = ()


Lighten = Callable[[Path], Sequence[Mapping[str, object]]]
"""May replace a network by a lighter form of it; says what was tried, as JSON values for the card."""


def write_bundle(
    place: Path, network: Network, facts: CardFacts, *, frames: Sequence[NDArray[np.uint8]] = (),
    lighten: Lighten | None = None, form: Form = PLAIN,
) -> Bundle:  # fmt: skip
    """Write a bundle at `place`, replacing what stood there only once it is whole; returns it, read back.

    `frames`: real frames at network size, `(h, w, 3)` uint8 RGB, on which parity is measured too. Raises BundleError
    when ONNX and PyTorch differ by more than `PARITY` or the network does not go into `form`, SurroundingsError when
    the disk refuses.
    """
    if lighten is not None and form.half_weights:
        raise BundleError(
            "export.form", "Weights are stored in float16 or made lighter, not both.", "Choose one of the two."
        )
    shipped = with_rounded_weights(network) if form.half_weights else network

    def fill(folder: Path) -> None:
        export_onnx(shipped, folder / NETWORK, size=facts.size, temperature=facts.temperature, form=form)
        difference = parity(shipped, folder / NETWORK, facts=facts, frames=frames, form=form)
        if difference > PARITY:
            raise BundleError(
                "export.parity",
                f"ONNX and PyTorch differ by {difference:.2g}, more than {PARITY:g}.",
                "Export with another version of PyTorch; no bundle was written.",
            )
        write_weights(with_half_weights(network) if form.half_weights else network, folder / WEIGHTS)
        tried = [dict(form) for form in lighten(folder / NETWORK)] if lighten is not None else []
        card = card_of(facts, folder) | {"onnx_parity": difference, "precision": precision_of(tried, form=form)}
        card |= free_size(network) if form.dynamic_size else {}
        (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8")

    write_folder_whole(place, fill)
    return read_bundle(place)


def card_of(facts: CardFacts, folder: Path) -> dict[str, object]:
    """The card as JSON values, with the digests of the files that lie in `folder`."""
    height, width = facts.size
    files = {name: {"sha256": digest_of(folder / name), "bytes": (folder / name).stat().st_size} for name in FILES}
    return {
        "schema": SCHEMA,
        "name": facts.name,
        "version": facts.version,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "architecture": {"name": facts.architecture.name, "arguments": dict(facts.architecture.arguments)},
        "inputs": [{"name": "image", "dtype": "uint8", "shape": ["N", height, width, 3]}],
        "outputs": [{"name": "probability", "dtype": "float32", "shape": ["N", 1, height, width]}],
        "resize": {"rule": "stretch", "height": height, "width": width, "down": "area", "up": "linear"},
        "field_of_view": {"rule": "fov-1", "blank_insets": True},
        "threshold": facts.threshold,
        "temperature": facts.temperature,
        "minimum_area": facts.minimum_area,
        "metrics": [dict(metric) for metric in facts.metrics],
        "data": [dict(source) for source in facts.data],
        "licences": dict(facts.licences),
        "recipe": dict(facts.recipe),
        "seeds": list(facts.seeds),
        "parent": facts.parent,
        "intended_use": facts.intended_use,
        "known_failures": list(facts.known_failures),
        **_for_people(facts),
        "files": files,
    }


def _for_people(facts: CardFacts) -> dict[str, object]:
    """What no program reads of a card, without what is empty."""
    told = {
        "strata": [dict(row) for row in facts.strata],
        "protocol": facts.protocol,
        "calibration": facts.calibration,
        "failure_pictures": facts.failure_pictures,
        "not_measured": list(facts.not_measured),
    }
    return {name: value for name, value in told.items() if value}


def precision_of(tried: Sequence[Mapping[str, object]], *, form: Form = PLAIN) -> dict[str, object]:
    """What `model.onnx` computes in, and what else was tried: JSON values for a card."""
    kept = next((light["kind"] for light in tried if light["kept"]), "float32")
    stored = {"weights": "float16"} if form.half_weights else {}
    return {"kind": kept, "tried": list(tried), **stored}


def free_size(network: Network) -> dict[str, object]:
    """What the card of a network of any size says otherwise; H and W are multiples of `stride`."""
    return {
        "inputs": [{"name": "image", "dtype": "uint8", "shape": ["N", "H", "W", 3]}],
        "outputs": [{"name": "probability", "dtype": "float32", "shape": ["N", 1, "H", "W"]}],
        "stride": network.stride,
    }


FILES = (NETWORK, WEIGHTS)


def export_onnx(network: Network, path: Path, *, size: tuple[int, int], temperature: float, form: Form = PLAIN) -> None:
    """Write `model.onnx` in one file, any batch size; the network is left in evaluation mode on the CPU.

    Raises BundleError when the exporter cannot leave the size of this network free.
    """
    shipped = Shipped(network.eval().cpu(), temperature=temperature).eval()
    axes = {0: torch.export.Dim("N", min=1, max=4096)}
    if form.dynamic_size:
        stride = network.stride
        # Sides that differ, lest the exporter takes them for the same axis.
        rows = max(3, LEAST_TRACED // stride)
        size = (rows * stride, (rows + 1) * stride)
        most = max(rows + 1, LARGEST_SIDE // stride)
        names = {1: "rows", 2: "columns"}
        least = max(1, LEAST_SIDE // stride)
        axes |= {axis: stride * torch.export.Dim(name, min=least, max=most) for axis, name in names.items()}
    try:
        with _quiet():
            torch.onnx.export(
                shipped, (torch.zeros((2, *size, 3), dtype=torch.uint8),), str(path), dynamo=True, opset_version=OPSET,
                external_data=False, verbose=False, input_names=["image"], output_names=["probability"],
                dynamic_shapes={"image": axes},
            )  # fmt: skip
    except torch.onnx.OnnxExporterError as error:
        if not form.dynamic_size:
            raise
        raise fixed_size() from error
    _name_axes(path, form)
    if form.half_weights:
        halve_weights(path)


def fixed_size() -> BundleError:
    """The error of a network that answers at one size only."""
    return BundleError(
        "export.dynamic_size",
        "Height and width of this network cannot be left free.",
        "Export without --dynamic-size; no bundle was written.",
    )


def _name_axes(path: Path, form: Form) -> None:
    """Call the free axes N, H and W, whatever the exporter called them, and let the checker look at the file."""
    model = onnx.load(str(path))
    image, probability = model.graph.input[0], model.graph.output[0]
    named = [(image, 0, "N"), (probability, 0, "N")]
    if form.dynamic_size:
        named += [(image, 1, "H"), (image, 2, "W"), (probability, 2, "H"), (probability, 3, "W")]
        # The exporter's sizes of what lies between, in its own names.
        del model.graph.value_info[:]
    for value, axis, name in named:
        dimension = value.type.tensor_type.shape.dim[axis]
        if form.dynamic_size and dimension.WhichOneof("value") != "dim_param":
            raise fixed_size()
        dimension.dim_param = name
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter's own chatter: progress on stdout, and words about its internals that no user can act upon;
    what went wrong comes as an exception."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch._guards", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def open_onnx(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU."""
    options = onnxruntime.SessionOptions()
    # Errors come as exceptions; at level 3 they are printed as well.
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_onnx(session: onnxruntime.InferenceSession, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`(n, 1, h, w)` float32 probability of `(n, h, w, 3)` uint8 frames."""
    return cast("NDArray[np.float32]", session.run(["probability"], {"image": images})[0])


@torch.inference_mode()
def parity(
    network: Network, path: Path, *, facts: CardFacts, frames: Sequence[NDArray[np.uint8]] = (), form: Form = PLAIN
) -> float:
    """Largest difference of probability between PyTorch and ONNX Runtime.

    On noise and a ramp, in batches of 3 and 1, and on `frames`, `(h, w, 3)` uint8 at network size; where the size is
    free, on noise and ramp of a larger and longer size too; raises BundleError when the file cannot be run at it.
    """
    height, width = facts.size
    sizes = [facts.size]
    if form.dynamic_size:
        sizes.append((height + network.stride, width + 2 * network.stride))
    session, shipped = open_onnx(path), Shipped(network, temperature=facts.temperature).eval()
    differences = []
    for images in (*(made for size in sizes for made in _noise_and_ramp(size)), *(one[np.newaxis] for one in frames)):
        expected = shipped(torch.from_numpy(images)).numpy()
        try:
            found = run_onnx(session, images)
        except (Fail, InvalidArgument, RuntimeException) as error:
            if not form.dynamic_size:
                raise
            raise fixed_size() from error
        differences.append(float(np.abs(found - expected).max()))
    return max(differences)


def _noise_and_ramp(size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    noisy = np.random.default_rng(0).integers(0, 256, (3, *size, 3), dtype=np.uint8)
    ramp = np.linspace(0, 255, size[1])[None, None, :, None]
    return noisy, np.broadcast_to(ramp, (1, *size, 3)).astype(np.uint8)
