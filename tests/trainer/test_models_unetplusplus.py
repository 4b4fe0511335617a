"""U-Net++: its size, its heads, and pruning that leaves out the work and not only the answer."""

from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor, nn

from trainer.export import export_onnx
from trainer.models.network import parameter_count
from trainer.models.unetplusplus import UNetPlusPlus

WIDTHS = (4, 8, 8, 16)


def convolutions_run(network: UNetPlusPlus, image: Tensor) -> int:
    """How many convolutions an answer takes."""
    count: list[nn.Module] = []
    hooks = [
        layer.register_forward_hook(lambda layer, _inputs, _output: count.append(layer))
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    with torch.inference_mode():
        network(image)
    for hook in hooks:
        hook.remove()
    return len(count)


def test_it_has_as_many_parameters_as_the_port_that_most_use() -> None:
    with torch.device("meta"):
        assert parameter_count(UNetPlusPlus(deep_supervision=False, bias=True)) == 9_163_329
        assert parameter_count(UNetPlusPlus(deep_supervision=True, bias=True)) == 9_163_329 + 3 * 33


def test_every_node_of_the_finest_level_has_a_head() -> None:
    network, image = UNetPlusPlus(widths=WIDTHS).eval(), torch.rand(2, 3, 16, 24)
    with torch.inference_mode():
        maps = network.outputs(image)
    assert [one.shape for one in maps] == [(2, 1, 16, 24)] * 3


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_pruned_network_gives_the_map_of_its_level_with_less_work(level: int) -> None:
    torch.manual_seed(0)
    whole, image = UNetPlusPlus(widths=WIDTHS).eval(), torch.rand(2, 3, 16, 16)
    pruned = UNetPlusPlus(widths=WIDTHS, prune=level).eval()
    pruned.load_state_dict(whole.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(pruned(image), whole.outputs(image)[3 - level])
    nodes = (level + 1) * (level + 2) // 2
    assert convolutions_run(pruned, image) == 2 * nodes + level
    assert pruned.stride == 2**level


def test_a_pruned_network_refuses_weights_that_neither_it_nor_the_whole_one_has() -> None:
    pruned = UNetPlusPlus(widths=WIDTHS, prune=1)
    weights = UNetPlusPlus(widths=WIDTHS).state_dict() | {"decoder.other": torch.zeros(1)}
    with pytest.raises(RuntimeError, match=r"decoder\.other"):
        pruned.load_state_dict(weights)


def test_without_deep_supervision_there_are_no_weights_for_a_pruned_head() -> None:
    pruned = UNetPlusPlus(widths=WIDTHS, prune=1, deep_supervision=False)
    with pytest.raises(RuntimeError, match=r"heads\.1"):
        pruned.load_state_dict(UNetPlusPlus(widths=WIDTHS, deep_supervision=False).state_dict())


def test_pruning_makes_the_exported_network_smaller(tmp_path: Path) -> None:
    sizes = []
    for level in (3, 1):
        path = tmp_path / f"{level}.onnx"
        network = UNetPlusPlus(widths=WIDTHS, prune=level)
        export_onnx(network, path, size=(16, 16), temperature=1.0)
        sizes.append(sum(node.op_type == "Conv" for node in onnx.load(path).graph.node))
    assert sizes == [20 + 1, 6 + 1]
