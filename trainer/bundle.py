"""Model bundles (`polypviewer/bundle/1`, docs/formats.md section 1): read with every digest checked, written whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from trainer.errors import BundleError
from trainer.files import digest_of
from trainer.models.network import Network
from trainer.models.registry import Architecture, build_network

SCHEMA = "polypviewer/bundle/1"
NETWORK, WEIGHTS, CARD = "model.onnx", "weights.safetensors", "card.json"
CURE = "Choose a whole bundle: card.json, model.onnx and weights.safetensors as polyp-trainer wrote them."


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle on disk. `digest`: `sha256:` of the card's bytes. `card`: the card as JSON values."""

    folder: Path
    digest: str
    card: Mapping[str, object]
    architecture: Architecture
    size: tuple[int, int]
    threshold: float
    temperature: float
    minimum_area: float

    @property
    def name(self) -> str:
        return str(self.card.get("name", self.folder.name))


def read_bundle(folder: Path) -> Bundle:
    """Read and check a bundle; raises BundleError when it is missing, damaged, or of a schema not known here."""
    path = folder / CARD
    if not path.is_file():
        raise BundleError("bundle.missing", f"There is no model bundle in {folder}.", CURE)
    data = path.read_bytes()
    try:
        card = json.loads(data.decode("utf-8"))
        if card["schema"] != SCHEMA:
            raise BundleError("bundle.newer", f"{folder.name} is a '{card['schema']}'.", "Update the trainer.")
        bundle = _bundle(folder, "sha256:" + hashlib.sha256(data).hexdigest(), card)
        _check_files(folder, card["files"])
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError("bundle.card", f"The card of {folder.name} cannot be read: {error!r}.", CURE) from error
    return bundle


def _bundle(folder: Path, digest: str, card: Mapping[str, object]) -> Bundle:
    resize, architecture = card["resize"], card["architecture"]
    if not isinstance(resize, Mapping) or not isinstance(architecture, Mapping):
        raise TypeError("resize and architecture are objects")
    arguments = architecture.get("arguments", {})
    return Bundle(
        folder,
        digest,
        card,
        Architecture(str(architecture["name"]), dict(arguments)),
        (int(resize["height"]), int(resize["width"])),
        _number(card["threshold"]),
        _number(card["temperature"]),
        _number(card["minimum_area"]),
    )


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _check_files(folder: Path, files: Mapping[str, Mapping[str, object]]) -> None:
    for name in (NETWORK, WEIGHTS):
        path = folder / name
        if not path.is_file():
            raise BundleError("bundle.file_missing", f"{name} is missing from {folder.name}.", CURE)
        if digest_of(path) != files[name]["sha256"]:
            raise BundleError("bundle.damaged", f"{name} of {folder.name} is not the file its card describes.", CURE)


def load_network(bundle: Bundle) -> Network:
    """The bundle's network with its weights, in evaluation mode; raises BundleError when they do not fit."""
    network = build_network(bundle.architecture)
    try:
        weights = safetensors.torch.load_file(bundle.folder / WEIGHTS)
        whole = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in weights.items()}
        network.load_state_dict(whole)
    except (RuntimeError, OSError, safetensors.SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise BundleError("bundle.weights", f"The weights of {bundle.name} do not fit: {reason}", CURE) from error
    return network.eval()


def write_weights(network: Network, path: Path) -> None:
    """All tensors of a network as float32 safetensors."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    path.write_bytes(safetensors.torch.save(tensors, metadata={"torch": torch.__version__}))
