"""Networks of other libraries: they stand behind our face, or are refused with a sentence that says why."""

import copy
import importlib.util
import subprocess
import sys

import pytest
import torch

from trainer.errors import BundleError, SurroundingsError
from trainer.models.from_library import LibraryNetwork
from trainer.models.registry import Architecture, build_network

UNET = {"channels": [4, 8, 8], "strides": [2, 2]}
NO_EINOPS = importlib.util.find_spec("einops") is None


def monai(name: str, **arguments: object) -> LibraryNetwork:
    torch.manual_seed(0)
    network = build_network(Architecture(f"monai:{name}", arguments))
    assert isinstance(network, LibraryNetwork)
    return network


@pytest.mark.parametrize(
    ("name", "arguments", "stride"),
    [
        ("UNet", UNET, 4),
        ("AttentionUnet", UNET, 4),
        ("BasicUNet", {"features": [4, 4, 8, 8, 8, 4]}, 1),
        ("SegResNet", {"init_filters": 8}, 8),
        ("DynUNet", {"kernel_size": [3] * 3, "strides": [1, 2, 2], "upsample_kernel_size": [2, 2]}, 4),
        ("MedNeXt", {"init_filters": 4}, 16),
    ],
)
def test_the_stride_of_a_network_is_measured(name: str, arguments: dict[str, object], stride: int) -> None:
    assert monai(name, **arguments).stride == stride


def test_a_grey_network_of_a_library_is_shown_luma() -> None:
    network = monai("UNet", in_channels=1, **UNET).eval()
    image = torch.rand(1, 3, 16, 16)
    luma = (image * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    with torch.inference_mode():
        torch.testing.assert_close(network(image), network.decoder(luma))


def test_frames_are_normalised_where_a_library_wants_it() -> None:
    inner = torch.nn.Conv2d(3, 1, 1)
    network = LibraryNetwork(inner, channels=3, centre=(0.5, 0.5, 0.25), spread=(0.5, 0.25, 0.25))
    image = torch.tensor([0.0, 1.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    seen = torch.tensor([0.0, 2.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    with torch.inference_mode():
        torch.testing.assert_close(network(image), inner(seen))


def test_a_part_called_encoder_learns_as_the_encoder() -> None:
    network = monai("SegResNetDS", init_filters=4, blocks_down=[1, 1, 1])
    names = [name for name, _ in network.named_parameters()]
    assert any(name.startswith("encoder.") for name in names)
    assert not any(name.startswith("decoder.encoder.") for name in names)


def test_a_copy_of_a_split_network_runs_on_its_own_encoder() -> None:
    network = monai("SegResNetDS", init_filters=4, blocks_down=[1, 1, 1]).eval()
    other, image = copy.deepcopy(network), torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        before = network(image)
        for parameter in other.encoder.parameters():
            parameter.zero_()
        assert torch.equal(network(image), before)
        assert not torch.allclose(other(image), before)


def test_several_maps_come_finest_first_and_at_the_size_of_the_image() -> None:
    image = torch.rand(2, 3, 32, 32)
    coarse = monai("SegResNetDS", init_filters=4, blocks_down=[1, 1, 1], dsdepth=2).train()
    stacked = monai(
        "DynUNet", kernel_size=[3] * 4, strides=[1, 2, 2, 2], upsample_kernel_size=[2] * 3, filters=[4, 4, 8, 8],
        deep_supervision=True, deep_supr_num=2,
    ).train()  # fmt: skip
    nested = monai("BasicUNetPlusPlus", features=[4, 4, 4, 8, 8, 4], deep_supervision=True).eval()
    for network, count in ((coarse, 2), (stacked, 3), (nested, 4)):
        assert [one.shape for one in network.outputs(image)] == [(2, 1, 32, 32)] * count
    with torch.inference_mode():
        assert torch.equal(nested(image), nested.decoder(image)[-1])


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("NoNet", {}, "no network called 'NoNet'"),
        ("norms", {}, "no network called"),
        ("UNet", {}, "channels"),
        ("UNet", UNET | {"depth": 3}, "depth"),
        ("UNet", UNET | {"in_channels": 4}, "neither 1"),
        ("UNet", UNET | {"out_channels": 2}, "it answers with"),
        ("UNet", UNET | {"spatial_dims": 3}, "does not answer"),
        ("DenseNet121", {}, "does not answer"),
        ("FlexibleUNet", {"backbone": "efficientnet-b0", "pretrained": True}, "internet"),
        ("UNETR", {"img_size": [64, 96]}, "square"),
    ],
)
def test_what_a_library_does_not_take_is_refused(name: str, arguments: dict[str, object], why: str) -> None:
    with pytest.raises(BundleError, match=why):
        monai(name, **arguments)


@pytest.mark.skipif(not NO_EINOPS, reason="einops is installed, so nothing is missing")
def test_what_a_network_of_monai_lacks_is_named_with_its_cure() -> None:
    with pytest.raises(SurroundingsError, match=r"einops.*pip install"):
        monai("UNETR", img_size=64, feature_size=4, hidden_size=16, mlp_dim=16, num_heads=4)


def test_without_its_library_a_network_says_what_to_install() -> None:
    if importlib.util.find_spec("segmentation_models_pytorch") is not None:
        pytest.skip("segmentation-models-pytorch is installed, so nothing is missing")
    with pytest.raises(SurroundingsError, match=r"not installed.*pip install 'segmentation-models-pytorch"):
        build_network(Architecture("smp:Unet", {"encoder_name": "resnet18"}))


def test_networks_of_other_libraries_are_loaded_only_when_asked_for() -> None:
    code = "import trainer.models.registry, sys; print({'monai', 'segmentation_models_pytorch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr
