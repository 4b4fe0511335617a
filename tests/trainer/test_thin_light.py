"""Thin light is wiped: text and small highlights go, everything broad stays, in PyTorch and in ONNX alike."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.trainer.test_models import difference_in_onnx
from trainer.export import PARITY
from trainer.models.lite_unet import LiteUNet
from trainer.models.registry import Architecture
from trainer.models.thin_light import BRIGHTER, WIDTH, ThinLightFilter

pytestmark = pytest.mark.torch
SIDE = 96


def mucosa(seed: int = 0) -> NDArray[np.uint8]:
    """A reddish picture, brighter on one side, with fine grain."""
    rng = np.random.default_rng(seed)
    shade = np.linspace(-20, 20, SIDE)[None, :, None] + rng.normal(0, 3, (SIDE, SIDE, 1))
    return np.asarray((np.array([180, 100, 85]) + shade).clip(0, 255), np.uint8)


def as_tensor(image: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1


def wiped(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    out = ThinLightFilter()(as_tensor(image))[0].permute(1, 2, 0).double().numpy()
    return np.asarray((out + 1) * 127.5)


def test_a_picture_without_thin_light_stays_as_it_is() -> None:
    image = mucosa()
    image[30:50, 30:60] = (230, 200, 190)
    image[:20] = 0
    assert np.abs(wiped(image) - image).max() < 1e-3


@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_white_lines_become_what_is_around_them(thickness: int) -> None:
    image = mucosa()
    drawn = image.copy()
    cv2.line(drawn, (10, 20), (80, 60), (250, 250, 250), thickness)
    assert np.abs(drawn.astype(float) - image).max() > 100
    assert np.abs(wiped(drawn) - image).max() < 40
    far = cv2.dilate((drawn != image).any(axis=2).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert np.abs(wiped(drawn) - image)[far].max() < 1e-3


def test_text_hardly_changes_what_a_network_sees() -> None:
    image = mucosa(1)
    drawn = image.copy()
    for colour, thickness in (((0, 0, 0), 3), ((250, 250, 250), 1)):
        cv2.putText(drawn, "12/05", (8, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness, cv2.LINE_AA)
    before, after = np.abs(drawn.astype(float) - image).mean(), np.abs(wiped(drawn) - image).mean()
    assert after < 0.35 * before


def test_light_that_is_broad_or_coloured_stays() -> None:
    broad = mucosa()
    broad[30 : 30 + WIDTH + 1, 30 : 30 + WIDTH + 1] = 250
    assert np.abs(wiped(broad) - broad).max() < 1e-3
    red = mucosa()
    red[50:52, 10:80, 0] = 255
    assert np.abs(wiped(red) - red).max() < 1e-3
    faint = np.full((SIDE, SIDE, 3), 100, np.uint8)
    faint[50] += int(127.5 * BRIGHTER) - 1
    assert np.abs(wiped(faint) - faint).max() < 1e-3


def test_where_a_block_is_all_light_the_wider_one_fills() -> None:
    image = mucosa()
    drawn = image.copy()
    drawn[24:48:4, 24:48] = 250
    drawn[25:48:4, 24:48] = 250
    out = wiped(drawn)
    assert np.isfinite(out).all()
    assert np.abs(out - image)[24:48, 24:48].mean() < 30


def test_it_learns_nothing_and_passes_no_gradient() -> None:
    network = LiteUNet(wipes=True)
    assert list(network.filter.parameters()) == []
    image = as_tensor(mucosa()).requires_grad_()
    assert not ThinLightFilter()(image).requires_grad
    assert network.state_dict().keys() == LiteUNet().state_dict().keys()


@pytest.mark.slow
def test_onnx_wipes_alike(tmp_path: Path) -> None:
    assert difference_in_onnx(Architecture("lite_unet", {"wipes": True}), tmp_path) <= PARITY
