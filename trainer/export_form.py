"""Forms of a bundle beside the plain one: height and width left free, weights stored in half as many bytes."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from trainer.errors import BundleError
from trainer.models.network import Network

FEWEST_HALVED = 256
"""Arrays of fewer numbers stay float32: their bytes do not matter, and constants of operators are among them."""


@dataclass(frozen=True, slots=True)
class Form:
    """`dynamic_size`: any height and width that are multiples of the network's stride, besides any batch.

    `half_weights`: weights rounded to float16 and stored so in both files; computed in float32.
    """

    dynamic_size: bool = False
    half_weights: bool = False


PLAIN = Form()


def with_rounded_weights(network: Network) -> Network:
    """A copy whose parameters are what float16 can hold, in float32; running statistics of norms stay as they are.

    Raises BundleError when a weight is beyond float16.
    """
    rounded = copy.deepcopy(network)
    for name, parameter in rounded.named_parameters():
        parameter.data = parameter.data.half().float()
        if not torch.isfinite(parameter.data).all():
            raise BundleError(
                "export.half_weights",
                f"The weights {name} go beyond what float16 holds.",
                "Export without --half-weights; no bundle was written.",
            )
    return rounded


def with_half_weights(network: Network) -> Network:
    """A copy to store: parameters in float16. It does not compute."""
    halved = copy.deepcopy(network)
    for parameter in halved.parameters():
        parameter.data = parameter.data.half()
    return halved


def halve_weights(path: Path) -> None:
    """Store the float32 arrays of an ONNX file as float16, each with a Cast before its first use.

    ONNX Runtime folds the casts when it loads the file, so that nothing computes in float16 and nothing is slower.
    Weights that the exporter has multiplied with those of a norm are rounded once more.
    """
    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or int(np.prod(tensor.dims)) < FEWEST_HALVED:
            continue
        name, stored = tensor.name, f"{tensor.name}_float16"
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [name], name=f"cast_{name}", to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
