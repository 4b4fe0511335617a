"""What augmentation may do to a frame: one field for each share and range. Importing this loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]
"""Lowest and highest value; drawn evenly between them, `scale` evenly in its logarithm."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Ranges of what may happen to a frame. Every `*_share` is the share of frames, 0..1, that it happens to.

    Geometry and colour follow published polyp recipes (flips, turns by up to 180 degrees, scale .5-1.5, shift 12 %,
    shear, brightness .6-1.6, contrast, hue); what an endoscope and its console do to a picture (motion blur, specular
    spots, JPEG, fog) is meant for shares of .2 to .3: `ENDOSCOPIC` has all of it. By default only geometry, colour, and
    a little blur, coarseness and noise happen, so that a recipe names what it adds.

    `flip`: share of frames mirrored left to right, and as many top to bottom. `rotation_degrees`: largest turn either
    way. `scale`: of the tissue on the frame, 1 is as it was. `shift`: largest, in halves of the side, either way.
    `shear`: largest tangent, either way.

    `brightness`, `contrast`, `saturation`: factors. `hue_degrees`: largest turn of the colour circle either way
    (mucosa stays red below 20). `grey_share`: without colour. All but `grey_share` happen to `colour_share` of frames.

    `blur_share`, `blur`: out of focus; 0 sharp, 1 a blur of about 2 % of the side. `motion_share`, `motion`: moved
    during the exposure, length of the trace in sides. `specular_share`, `specular`: wet mucosa mirrors the lamp; height
    in standard deviations above which a random surface shines, 1.5 many spots, 3 hardly any. `fog_share`, `fog`: smoke
    and steam; how much of the picture they hide. `vignette_share`, `vignette`: light lost in the corners, 0..1.
    `noise_share`, `noise`: standard deviation, of a brightness of 0..1. `coarse_share`, `coarse`: a small stream scaled
    up; its side as share of ours, one a batch. `jpeg_share`, `jpeg`: quality 1..100 (Hendrycks and Dietterich 2019 call
    25 to 7 corrupt; recorders write 50 to 95).

    `inset_share`: a false inset in a corner, black as our blanking leaves it or flat in a console's colour; nothing is
    known of the pixels under it. `text_share`: lines of false console text over the tissue; labels stay. Both take away
    the shortcut of a data set whose empty frames carry an inset and whose others do not.
    """

    flip: float = 0.5
    rotation_degrees: float = 180.0
    rotation_share: float = 0.5
    scale: Range = (0.7, 1.4)
    shift: float = 0.12
    shear: float = 0.1
    brightness: Range = (0.6, 1.6)
    contrast: Range = (0.7, 1.4)
    saturation: Range = (0.6, 1.4)
    hue_degrees: float = 12.0
    colour_share: float = 0.8
    grey_share: float = 0.0
    blur_share: float = 0.1
    blur: Range = (0.5, 1.0)
    motion_share: float = 0.0
    motion: Range = (0.01, 0.05)
    specular_share: float = 0.0
    specular: Range = (1.8, 2.6)
    fog_share: float = 0.0
    fog: Range = (0.1, 0.5)
    vignette_share: float = 0.0
    vignette: Range = (0.2, 0.7)
    noise_share: float = 0.1
    noise: Range = (0.01, 0.05)
    coarse_share: float = 0.1
    coarse: Range = (0.3, 0.6)
    jpeg_share: float = 0.0
    jpeg: Range = (15.0, 70.0)
    inset_share: float = 0.0
    text_share: float = 0.0


NOTHING = Augmentation(
    flip=0.0, rotation_share=0.0, scale=(1.0, 1.0), shift=0.0, shear=0.0, colour_share=0.0, blur_share=0.0,
    coarse_share=0.0, noise_share=0.0,
)  # fmt: skip
"""Leaves every frame as it is."""

ENDOSCOPIC = Augmentation(
    rotation_share=1.0, scale=(0.5, 1.5), grey_share=0.02, blur_share=0.2, motion_share=0.25, specular_share=0.25,
    fog_share=0.2, vignette_share=0.2, noise_share=0.2, coarse_share=0.2, jpeg_share=0.3, inset_share=0.2,
    text_share=0.1,
)  # fmt: skip
"""All of it, in the strength that published polyp recipes use."""
