"""Where proposals come from: a bundle on some device, or a folder of masks that any program wrote."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from trainer.bundle import NETWORK, Bundle
from trainer.data.folders import SUFFIXES, Pair, require_same_size
from trainer.data.pixels import MASK_ABOVE, read_grey, read_mask
from trainer.device import choose_device, device_name
from trainer.ensembling import mean_over_flips_of_frames
from trainer.errors import DataError
from trainer.export import open_onnx, run_onnx
from trainer.pixels.field_of_view import find_field_of_view
from trainer.pixels.geometry import quantise
from trainer.proposing import Probability, Proposed, Rules, propose

HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A proposal. `small`: `(h, w)` float32 probability on the network's grid, where there is one."""

    proposed: Proposed
    small: NDArray[np.float32] | None
    milliseconds: float

    @property
    def levels(self) -> NDArray[np.uint8] | None:
        """`small` as uint8, as a proposal keeps it."""
        return None if self.small is None else quantise(self.small)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A way to proposals. `graded`: whether probabilities are known. `facts`: what a report says of it (JSON)."""

    answer: Callable[[Pair, NDArray[np.uint8]], Answer]
    rules: Rules
    graded: bool
    facts: Mapping[str, object]


def onnx_probability(session: onnxruntime.InferenceSession) -> Probability:
    """A session as a function of one frame."""

    def probability(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(run_onnx(session, image[np.newaxis])[0, 0], np.float32)

    return probability


def bundle_source(
    bundle: Bundle, *, device: str = "cpu", flips: bool = False, rules: Rules | None = None,
    temperature: float | None = None,
) -> Source:  # fmt: skip
    """A bundle on the CPU (its `model.onnx`) or on CUDA (its weights, as the application's engine runs them).

    `flips`: the mean of the frame and its three mirror images (test-time augmentation). `rules` and `temperature`
    replace the card's. Raises DeviceError when the device is not there.
    """
    used = rules or Rules(bundle.size, bundle.threshold, bundle.minimum_area)
    warmth = bundle.temperature if temperature is None else temperature
    chosen = choose_device(device)
    if chosen.type == "cuda":
        from trainer.serve import engine_of

        many, engine = engine_of(bundle, chosen), "PyTorch"
    else:
        session = open_onnx(bundle.folder / NETWORK)
        many, engine = (lambda images: run_onnx(session, images)), "ONNX Runtime"
    probability = tempered(_flipped(many) if flips else _single(many), bundle.temperature / warmth)
    probability(np.zeros((*bundle.size, 3), np.uint8))
    facts = {
        "kind": "bundle", "name": bundle.name, "version": str(bundle.card.get("version", "")), "digest": bundle.digest,
        "size": list(bundle.size), "threshold": used.threshold, "temperature": warmth,
        "minimum_area": used.minimum_area, "engine": engine, "device": chosen.type,
        "device_name": device_name(chosen), "test_time_flips": flips,
    }  # fmt: skip
    return Source(lambda _, image: timed(image, probability, used), used, graded=True, facts=facts)


def timed(image: NDArray[np.uint8], probability: Probability, rules: Rules) -> Answer:
    """A proposal, with the time from pixels to mask and the probability that the network gave."""
    given: list[NDArray[np.float32]] = []

    def kept(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        given.append(probability(pixels))
        return given[0]

    started = time.perf_counter()
    proposed = propose(image, kept, rules)
    return Answer(proposed, given[0], (time.perf_counter() - started) * 1000)


def tempered(probability: Probability, factor: float) -> Probability:
    """The same network with its logits times `factor`."""
    if factor == 1.0:
        return probability

    def changed(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(1 / (1 + np.exp(-logit(probability(image)) * factor)), np.float32)

    return changed


def logit(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    """Natural logarithm of the odds, at most about 16 to either side."""
    inside = np.clip(probability.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.asarray(np.log(inside / (1 - inside)))


Many = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def _single(many: Many) -> Probability:
    return lambda image: np.asarray(many(image[np.newaxis])[0, 0], np.float32)


def _flipped(many: Many) -> Probability:
    return lambda image: np.asarray(mean_over_flips_of_frames(many, image[np.newaxis])[0, 0], np.float32)


def mask_source(folder: Path, pairs: Sequence[Pair], *, graded: bool) -> Source:
    """Masks of another program, by stem. `graded`: their grey values are probabilities; else they are cut above 127.

    Raises DataError when a frame has none; reading one may raise it as well.
    """
    if not folder.is_dir():
        raise DataError("masks.folder", f"There is no folder {folder}.", "Give the folder with the other masks.")
    files = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES}
    missing = [pair.stem for pair in pairs if pair.stem not in files]
    if missing:
        raise DataError(
            "masks.missing", f"{len(missing)} frames have no mask in {folder}, such as '{missing[0]}'.",
            "Give every frame a mask of the same name; an empty one where the program found nothing.",
        )  # fmt: skip
    rules = Rules((0, 0), HALF, 0.0)

    def answer(pair: Pair, image: NDArray[np.uint8]) -> Answer:
        place = files[pair.stem]
        soft = read_grey(place) if graded else read_mask(place).astype(np.uint8) * np.uint8(255)
        require_same_size(image, soft, name=str(place))
        mask = soft > MASK_ABOVE
        return Answer(Proposed(soft, mask, find_field_of_view(image)), None, float("nan"))

    facts = {"kind": "masks", "name": folder.name, "threshold": HALF, "minimum_area": 0.0, "graded": graded}
    return Source(answer, rules, graded=graded, facts=facts)
