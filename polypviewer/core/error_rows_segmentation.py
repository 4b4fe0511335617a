"""Error sentences of model bundles, devices and engine processes; read through `error_sentences.SENTENCES`."""

from __future__ import annotations

from typing import Final

SEGMENTATION_ROWS: Final[dict[str, tuple[str, str]]] = {
    "bundle.missing": (
        "There is no model bundle in {folder}.",
        "Choose a folder with card.json, model.onnx and weights.safetensors.",
    ),
    "bundle.unknown": (
        "There is no model called {name!r}.",
        "Choose one of: {known}; or give the path of a bundle's folder.",
    ),
    "bundle.none_found": (
        "No model bundle was found.",
        "Install the program again, or give the path of a bundle's folder.",
    ),
    "bundle.file_missing": ("The model bundle {bundle} lacks {file}.", "Copy or download the whole bundle again."),
    "bundle.damaged": (
        "{file} of the model bundle {bundle} is damaged: {reason}.",
        "Copy or download the whole bundle again.",
    ),
    "bundle.card": (
        "The card of the model bundle {bundle} cannot be used: {reason}.",
        "Export the bundle again with polyp-trainer export.",
    ),
    "bundle.newer": (
        "The model bundle {bundle} has the format {schema!r}, which this version does not know.",
        "Update the application.",
    ),
    "bundle.disagrees": (
        "Card and network of the model bundle {bundle} disagree: {reason}.",
        "Export the bundle again with polyp-trainer export; do not edit card.json by hand.",
    ),
    "bundle.unreadable_network": (
        "The network of the model bundle {bundle} cannot be loaded: {reason}.",
        "Update onnxruntime, or export the bundle again with polyp-trainer export.",
    ),
    "runtime.missing": (
        "onnxruntime is not installed.",
        "Install it with: pip install 'polypviewer[cpu]' (or 'polypviewer[gpu]' for an NVIDIA card).",
    ),
    "runtime.two": (
        "Two builds of onnxruntime are installed and break each other: {packages}.",
        "Run: pip uninstall -y {packages_words} && pip install {wanted}.",
    ),
    "device.unknown": ("{device!r} is not a device.", "Use auto, cpu or cuda."),
    "device.no_cuda": ("CUDA was asked for and cannot be used here: {reason}.", "{cure}"),
    "segmenter.failed": (
        "The model {bundle} failed on this frame: {reason}.",
        "Try the device cpu; if it fails there too, choose another model.",
    ),
    "segmenter.not_finite": (
        "The model {bundle} answered with numbers that are no probabilities.",
        "Choose another model; this one was exported wrongly.",
    ),
    "segmenter.image": (
        "A model takes RGB frames of 8 bits; this one has the shape {shape} and the type {dtype}.",
        "Convert the image first.",
    ),
    "segmenter.unsupported": ("The model {bundle} does not take {what}.", "Choose a model that does."),
    "segmenter.closed": ("The model was closed.", "Choose a model again."),
    "engine.not_started": (
        "The engine process could not be started: {reason}.",
        "Install it with: pip install 'polypviewer[train]', or choose the device cpu.",
    ),
    "engine.refused": ("The engine process refused: {message}", "{cure}"),
    "engine.memory": ("The engine process ran out of memory: {message}", "{cure}"),
    "engine.handshake": (
        "The engine process does not fit this program: {reason}.",
        "Install the same version of polypviewer and polyp-trainer.",
    ),
    "engine.hung": (
        "The engine process gave no answer within {seconds:g} s and was ended.",
        "Try again: a new one is started; if it happens again, choose the device cpu.",
    ),
    "engine.died": (
        "The engine process ended unexpectedly ({reason}).",
        "Try again: a new one is started; if it happens again, choose the device cpu.",
    ),
    "engine.bad_reply": (
        "The engine process answered something that cannot be understood: {reason}.",
        "Install the same version of polypviewer and polyp-trainer.",
    ),
}
