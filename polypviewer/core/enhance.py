"""Enhancement: other pixels to look at. Display only: nothing made here is ever stored, exported or proposed on.

The order is fixed: weave, highlights, channels, local contrast, then brightness, contrast and gamma as one table.

"red_free" is the digital red-free view of fundus cameras: the green channel alone, as grey. Haemoglobin absorbs green
strongly, so vessels stand out; it is the channel that retinal image processing without a network uses most (survey:
Biswas et al., Life 12, 2022, 973).

"nbi" imitates the colours of narrow band imaging by exchanging channels. It is not NBI: no narrow band reached the
sensor, and what white light did not carry cannot come back. NBI lights the mucosa at 415 nm and 540 nm and shows the
first as blue and green, the second as red (Gono et al., J. Biomed. Opt. 9, 2004, 568; Gono, Clin. Endosc. 48, 2015).
The blue and green channels of a white-light frame are the nearest that it has to these bands, so red shows green, and
green and blue show blue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.label_map import Mask

Picture = NDArray[np.uint8]
Channel = cv2.typing.MatLike
Floats = NDArray[np.float32]
Mode = Literal["none", "red_free", "nbi"]

RANGES: Final[dict[str, tuple[float, float]]] = {
    "brightness": (-1.0, 1.0),
    "contrast": (0.2, 5.0),
    "gamma": (0.2, 5.0),
    "clahe": (0.0, 10.0),
}
"""Lowest and highest value of each number."""
TILES: Final = 8
"""CLAHE works on 8 x 8 tiles."""
BRIGHT: Final = 0.82
"""A highlight: brighter than this share of the brightest possible value,"""
COLOURLESS: Final = 0.24
"""less saturated than this (both as in Oh et al., Med. Image Anal. 11, 2007),"""
STANDS_OUT: Final = 1.35
"""whiter than what lies around it by this factor, so that pale or overexposed mucosa stays,"""
LIT: Final = 24
"""and on ground of at least this brightness, so that writing beside the field of view stays."""
AROUND: Final = 8
"""Around it: a square of this part of the frame's shorter side."""


@dataclass(frozen=True, slots=True)
class Enhancement:
    """`brightness` -1-1 is added (1: all white); `contrast` multiplies about the middle grey; `gamma` above 1 lightens.

    `clahe`: clip limit of the local contrast, 0: off. `specular`: fill highlights from around them. `deinterlace`: keep
    the first of two woven fields, its lines doubled.
    """

    brightness: float = 0.0
    contrast: float = 1.0
    gamma: float = 1.0
    clahe: float = 0.0
    mode: Mode = "none"
    specular: bool = False
    deinterlace: bool = False

    @property
    def is_identity(self) -> bool:
        """True if a frame would be shown as it is."""
        return self == IDENTITY

    @property
    def is_quick(self) -> bool:
        """True for what tables and channels do alone."""
        return self.clahe <= 0 and not self.specular

    def within(self) -> Enhancement:
        """Every number held in its range."""
        return replace(
            self,
            brightness=_held("brightness", self.brightness),
            contrast=_held("contrast", self.contrast),
            gamma=_held("gamma", self.gamma),
            clahe=_held("clahe", self.clahe),
        )


IDENTITY: Final = Enhancement()


def enhanced(image: Picture, enhancement: Enhancement) -> Picture:
    """A new `(height, width, 3)` uint8 RGB picture; `image` stays as it is. The identity gives an equal copy."""
    made = image.copy()
    if enhancement.deinterlace:
        made = _first_field(made)
    if enhancement.specular:
        made = without_highlights(made)
    if enhancement.mode != "none":
        made = _mixed(made, enhancement.mode)
    if enhancement.clahe > 0:
        made = _locally_stretched(made, enhancement.clahe)
    table = tone_table(enhancement)
    return made if table is None else cast(Picture, cv2.LUT(made, table))


def tone_table(enhancement: Enhancement) -> NDArray[np.uint8] | None:
    """What becomes of each of the 256 values by contrast, brightness and gamma, in this order; None: nothing."""
    if (enhancement.brightness, enhancement.contrast, enhancement.gamma) == (0.0, 1.0, 1.0):
        return None
    values = np.arange(256) / 255.0
    values = np.clip((values - 0.5) * enhancement.contrast + 0.5 + enhancement.brightness, 0.0, 1.0)
    return np.rint(255.0 * values ** (1.0 / enhancement.gamma)).astype(np.uint8)


def highlights(image: Picture) -> Mask:
    """Where `(height, width, 3)` RGB has highlights, with a rim of two pixels, `(height, width)` bool."""
    red, green, blue = cv2.split(image)
    highest = cv2.max(cv2.max(red, green), blue)
    lowest = cv2.min(cv2.min(red, green), blue)
    # Saturation is 1 - lowest / highest; where highest is above BRIGHT this is the same in whole numbers.
    pale = cv2.compare(lowest, cv2.convertScaleAbs(highest, alpha=1.0 - COLOURLESS), cv2.CMP_GE)
    bright = cv2.inRange(highest, int(255 * BRIGHT), 255)
    whiter = cv2.compare(lowest, cv2.convertScaleAbs(_ground(lowest), alpha=STANDS_OUT), cv2.CMP_GT)
    lit = cv2.inRange(_ground(highest), LIT, 255)
    spots = cv2.bitwise_and(cv2.bitwise_and(pale, bright), cv2.bitwise_and(whiter, lit))
    mask: Mask = cv2.dilate(spots, np.ones((5, 5), np.uint8)) > 0
    return mask


def without_highlights(image: Picture) -> Picture:
    """Highlights filled from what lies around them; all other pixels are those of `image`."""
    spots = highlights(image)
    filled = image.copy()
    if spots.any():
        cv2.copyTo(_filling(image, spots), spots.view(np.uint8), filled)
    return filled


def enhancement_text(enhancement: Enhancement) -> str:
    """For the settings: what differs from the identity, "contrast=1.2 mode=nbi"."""
    named = [(field.name, getattr(enhancement, field.name)) for field in fields(enhancement)]
    return " ".join(f"{name}={value}" for name, value in named if value != getattr(IDENTITY, name))


def enhancement_of(text: str) -> Enhancement:
    """What `enhancement_text` wrote; words that say nothing are left out."""
    said = dict(word.partition("=")[::2] for word in text.split())
    mode = said.get("mode", "none")
    return Enhancement(
        brightness=_number(said, "brightness", otherwise=IDENTITY.brightness),
        contrast=_number(said, "contrast", otherwise=IDENTITY.contrast),
        gamma=_number(said, "gamma", otherwise=IDENTITY.gamma),
        clahe=_number(said, "clahe", otherwise=IDENTITY.clahe),
        mode=cast(Mode, mode) if mode in get_args(Mode) else "none",
        specular=said.get("specular") == "True",
        deinterlace=said.get("deinterlace") == "True",
    )


def _number(said: dict[str, str], name: str, *, otherwise: float) -> float:
    try:
        value = float(said.get(name, otherwise))
    except ValueError:
        return otherwise
    return _held(name, value) if math.isfinite(value) else otherwise


def _held(name: str, value: float) -> float:
    lowest, highest = RANGES[name]
    return min(max(value, lowest), highest)


def _first_field(image: Picture) -> Picture:
    """In place: the even lines stay; each odd line becomes the mean of the even ones beside it."""
    height = image.shape[0]
    if height > 2:
        image[1:-1:2] = cv2.addWeighted(image[0:-2:2], 0.5, image[2::2], 0.5, 0.0)
    if height % 2 == 0:
        image[-1] = image[-2]
    return image


def _mixed(image: Picture, mode: Mode) -> Picture:
    made = np.empty_like(image)
    wanted = [1, 0, 1, 1, 1, 2] if mode == "red_free" else [1, 0, 2, 1, 2, 2]
    cv2.mixChannels([image], [made], wanted)
    return made


def _locally_stretched(image: Picture, clip_limit: float) -> Picture:
    """CLAHE on the lightness alone, so that colours stay."""
    parts = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    light = cv2.createCLAHE(clip_limit, (TILES, TILES)).apply(cv2.extractChannel(parts, 0))
    cv2.insertChannel(light, parts, 0)
    return cast(Picture, cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB))


def _ground(channel: Channel) -> Channel:
    """The median of what lies around each pixel of a `(height, width)` uint8 channel; found on a small copy."""
    height, width = channel.shape[:2]
    shrink = max(min(height, width) / (AROUND * 9), 1.0)
    small = cv2.resize(channel, (math.ceil(width / shrink), math.ceil(height / shrink)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.medianBlur(small, 9), (width, height), interpolation=cv2.INTER_LINEAR)


def _filling(image: Picture, spots: Mask) -> Picture:
    """A smooth picture of what is not a spot: means over ever larger squares, the smallest that knows enough wins."""
    height, width = spots.shape
    kept = (~spots).view(np.uint8)
    sums = _halved(cast(Picture, cv2.bitwise_and(image, image, mask=kept))).astype(np.float32)
    known = _halved(kept * np.uint8(255)).astype(np.float32) / np.float32(255)
    return cast(Picture, cv2.resize(_pulled(sums, known), (width, height), interpolation=cv2.INTER_LINEAR))


def _pulled(sums: Floats, known: Floats) -> Picture:
    """`known`: which share of each pixel is known; `sums`: its colour times that share."""
    share = known[:, :, None]
    means = sums / np.maximum(share, 1e-6)
    if min(known.shape) > 2 and not known.all():
        size = (known.shape[1], known.shape[0])
        behind = cv2.resize(_pulled(_halved(sums), _halved(known)), size, interpolation=cv2.INTER_LINEAR)
        means = means * share + behind * (1.0 - share)
    return np.clip(means, 0, 255).astype(np.uint8)


def _halved(picture: Floats | Picture) -> Floats:
    size = (-(-picture.shape[1] // 2), -(-picture.shape[0] // 2))
    return cast(Floats, cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
