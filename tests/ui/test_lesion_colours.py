"""Nine lesions can be told apart by colour, also by eyes that see fewer of them."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from skimage.color import rgb2lab

from polypviewer.ui.theme import LESION_COLOURS

EYES = {
    "trichromat": np.eye(3),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
"""Severity 1.0 of Machado, Oliveira and Fernandes (2009), on linear RGB."""
LEAST = 20.0


def seen(eye: str) -> NDArray[np.float64]:
    """The palette in Lab as these eyes see it, `(9, 3)`."""
    shades = [QColor(name) for name in LESION_COLOURS]
    colours = np.array([(shade.redF(), shade.greenF(), shade.blueF()) for shade in shades])
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(linear @ EYES[eye].T, 0, 1)
    screen = np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * mixed ** (1 / 2.4) - 0.055)
    lab: NDArray[np.float64] = rgb2lab(screen[np.newaxis])[0]
    return lab


@pytest.mark.parametrize("eye", EYES)
def test_any_two_of_nine_lesions_differ(eye: str) -> None:
    lab = seen(eye)
    apart = np.linalg.norm(lab[:, np.newaxis] - lab, axis=2) + np.eye(len(lab)) * 1e9
    assert len(lab) == 9
    assert apart.min() >= LEAST
