"""Files for the tests of media: pictures with structure, and clips whose every frame shows its own number."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from polypviewer.media.colour import rgb_of

Pixels = NDArray[np.uint8]
BITS = 8
BLOCK = 16


def picture(height: int = 90, width: int = 130, *, seed: int = 0) -> Pixels:
    """Smooth colours without symmetry, `(height, width, 3)` uint8 RGB."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 13, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def numbered(number: int, *, height: int = 96, width: int = 160) -> Pixels:
    """A frame that shows `number` as white and black blocks over a moving background."""
    frame = np.full((height, width, 3), 90, np.uint8)
    frame[40:, (number * 3) % width :][:, :9] = (200, 120, 60)
    for bit in range(BITS):
        frame[8 : 8 + BLOCK, 8 + bit * BLOCK : 8 + (bit + 1) * BLOCK] = 255 if number >> bit & 1 else 0
    return frame


def shown_number(frame: Pixels) -> int:
    """The number that a frame shows."""
    blocks = [frame[12:20, 12 + bit * BLOCK : 20 + bit * BLOCK].mean() > 127 for bit in range(BITS)]
    return sum(1 << bit for bit, is_white in enumerate(blocks) if is_white)


def write_clip(
    path: Path,
    codec: str = "libx264",
    *,
    count: int = 60,
    options: dict[str, str] | None = None,
    container_format: str | None = None,
    pixel_format: str = "yuv420p",
    times: Sequence[int] | None = None,
    rotation: int | None = None,
    gop: int = 12,
) -> Path:
    """A clip of numbered frames. `times`: pts in milliseconds, for a variable frame rate."""
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=25, options=options or {"bf": "2"})
        assert isinstance(stream, VideoStream)
        stream.height, stream.width, stream.pix_fmt = 96, 160, pixel_format
        stream.codec_context.gop_size = gop
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for number in range(count):
            frame = VideoFrame.from_ndarray(numbered(number), format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shift_edit_list(path: Path, ticks: int) -> None:
    """Let the edit list of an MP4 begin `ticks` later, so that the frames before are decoded but not shown."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4
    (begin,) = struct.unpack_from(">i", data, at + 12)
    struct.pack_into(">i", data, at + 12, begin + ticks)
    path.write_bytes(data)


def sequentially_decoded(path: Path) -> list[Pixels]:
    """Every frame of a video in the order in which FFmpeg gives them, by a plain loop."""
    with av.open(str(path)) as container:
        return [rgb_of(frame) for frame in container.decode(container.streams.video[0])]
