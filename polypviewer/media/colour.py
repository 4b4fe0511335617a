"""From a decoded video frame to RGB, by one fixed rule for sequential and random access.

Where the stream names a matrix it is used; else BT.709 from 720 lines on and BT.601 below, the convention of players
and of ITU-R BT.709/BT.601. The range is what the stream says, limited where it says nothing (`yuvj` formats are full).
swscale runs bit-exact with accurate rounding and bilinear chroma, so the pixels depend neither on the CPU nor on
threads.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from polypviewer.media.frame_source import RgbImage

_HIGH_DEFINITION_LINES: Final = 720
# Numbers of ISO/IEC 23091-2, as AVColorSpace has them, to swscale's tables.
_MATRICES: Final = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
EXACT: Final = (
    Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT
)


def matrix_for(*, height: int, named: int | None = None) -> Colorspace:
    """swscale's table for AVColorSpace number `named`; by the number of lines where that says nothing."""
    fallback = Colorspace.ITU709 if height >= _HIGH_DEFINITION_LINES else Colorspace.ITU601
    return fallback if named is None else _MATRICES.get(named, fallback)


def rgb_of(frame: VideoFrame) -> RgbImage:
    """`(height, width, 3)` uint8 RGB, as stored (before rotation)."""
    matrix = matrix_for(height=frame.height, named=int(frame.colorspace))
    converted = frame.reformat(
        format="rgb24",
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=ColorRange(int(frame.color_range)),
        dst_color_range=ColorRange.JPEG,
        interpolation=EXACT,
        threads=1,
    )
    return np.asarray(converted.to_ndarray(), np.uint8)
