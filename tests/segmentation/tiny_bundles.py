"""Bundles with tiny networks whose answers are known: made with the `onnx` package, no training and no torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 32
THRESHOLD = 0.5


def red_network(side: int = SIDE, *, dtype: int = TensorProto.UINT8, output: str = "probability") -> onnx.ModelProto:
    """A network whose probability is the red channel / 255."""
    start, end, axes = (
        numpy_helper.from_array(np.array([n], np.int64), name) for n, name in ((0, "a"), (1, "b"), (3, "c"))
    )
    scale = numpy_helper.from_array(np.array(1 / 255, np.float32), "scale")
    nodes = [
        helper.make_node("Slice", ["image", "a", "b", "c"], ["red"]),
        helper.make_node("Cast", ["red"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["real"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["planes", "scale"], [output]),
    ]
    return network(nodes, inputs={"image": (dtype, ["N", side, side, 3])}, side=side, output=output,
                   constants=[start, end, axes, scale])  # fmt: skip


def network(
    nodes: list[onnx.NodeProto],
    *,
    inputs: dict[str, tuple[int, list[int | str]]],
    side: int,
    constants: list[onnx.TensorProto],
    output: str = "probability",
) -> onnx.ModelProto:
    """A checked model with one float32 output `[N, 1, side, side]`."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N", 1, side, side])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def write_bundle(folder: Path, *, model: onnx.ModelProto | None = None, side: int = SIDE, **changes: object) -> Path:
    """A complete bundle in `folder`; `changes` replace keys of its card."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes((model or red_network(side)).SerializeToString())
    (folder / "weights.safetensors").write_bytes(b"no weights")
    write_card(folder, card(folder, side=side) | changes)
    return folder


def write_card(folder: Path, content: dict[str, object]) -> None:
    (folder / "card.json").write_text(json.dumps(content), encoding="utf-8")


def read_card(folder: Path) -> dict[str, object]:
    content = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def card(folder: Path, *, side: int = SIDE) -> dict[str, object]:
    """The card of the files in `folder`, as docs/formats.md writes it."""
    return {
        "schema": "polypviewer/bundle/1",
        "name": folder.name,
        "version": "0.1",
        "created": "2026-01-01T00:00:00Z",
        "architecture": {"name": "red", "arguments": {}},
        "inputs": [{"name": "image", "dtype": "uint8", "shape": ["N", side, side, 3]}],
        "outputs": [{"name": "probability", "dtype": "float32", "shape": ["N", 1, side, side]}],
        "resize": {"rule": "stretch", "height": side, "width": side, "down": "area", "up": "linear"},
        "field_of_view": {"rule": "fov-1", "blank_insets": True},
        "threshold": THRESHOLD,
        "temperature": 1.0,
        "minimum_area": 0.0005,
        "metrics": [{"name": "dice", "value": 0.5, "interval": [0.4, 0.6], "on": "nothing", "frames": 3}],
        "data": [],
        "licences": {"weights": "none"},
        "recipe": {},
        "seeds": [0],
        "parent": None,
        "intended_use": "tests",
        "known_failures": ["everything that is not red"],
        "files": {name: file_entry(folder / name) for name in ("model.onnx", "weights.safetensors")},
    }


def file_entry(path: Path) -> dict[str, object]:
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}


def scene(height: int = 240, width: int = 320) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """RGB: a black border, greyish tissue, and a bright red disc right of the middle."""
    image = np.zeros((height, width, 3), np.uint8)
    image[20:-20, 40:-40] = (100, 90, 80)
    rows, columns = np.mgrid[0:height, 0:width]
    disc = (rows - height * 0.5) ** 2 + (columns - width * 0.6) ** 2 < (height * 0.15) ** 2
    image[disc] = (230, 60, 60)
    return image
