"""Writing images and videos: for export, overlays and the demo. A file appears under its name only when it is whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import MediaError

Quality = Literal["good", "lossless"]
_X264: Final = {"good": {"crf": "16", "preset": "veryfast"}, "lossless": {"crf": "0", "preset": "ultrafast"}}


@contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its name when the block ends well, and vanishes otherwise."""
    part = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise MediaError("media.not_written", name=path.name, reason=error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """PNG bytes of `(height, width)` grey or `(height, width, 3)` RGB uint8; no metadata."""
    stored = pixels if pixels.ndim == 2 else pixels[:, :, ::-1]
    _, data = cv2.imencode(".png", np.ascontiguousarray(stored))
    return bytes(data.tobytes())


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write `(height, width)` grey or `(height, width, 3)` RGB uint8 as PNG. Raises `MediaError`."""
    with _whole_file(path) as part:
        part.write_bytes(encode_png(pixels))


def write_video(
    path: Path, frames: Iterable[NDArray[np.uint8]], *, frame_rate: int | Fraction, quality: Quality = "good"
) -> None:
    """Write `(height, width, 3)` uint8 RGB frames as H.264 (suffix .mp4, .mov or .mkv).

    "lossless" keeps the RGB values exactly; "good" is 4:2:0 by the colour rule of `media.colour` (even sides only, an
    odd last row or column is repeated). Raises `MediaError` if the file cannot be written or there is no frame.
    """
    import av.error

    with _whole_file(path) as part:
        try:
            count = _encode(part, frames, frame_rate=Fraction(frame_rate), quality=quality)
        except av.error.FFmpegError as error:
            raise MediaError("media.not_written", name=path.name, reason=str(error.strerror)) from error
        if not count:
            raise MediaError("media.not_written", name=path.name, reason="there are no frames")


def _encode(part: Path, frames: Iterable[NDArray[np.uint8]], *, frame_rate: Fraction, quality: Quality) -> int:
    import av
    from av.video.frame import VideoFrame
    from av.video.reformatter import ColorRange

    from polypviewer.media.colour import EXACT, matrix_for

    count = 0
    with av.open(str(part.absolute()), "w") as container:
        codec: Literal["libx264", "libx264rgb"] = "libx264" if quality == "good" else "libx264rgb"
        stream = container.add_stream(codec, rate=frame_rate, options=dict(_X264[quality]))
        for count, pixels in enumerate(frames, 1):
            picture = VideoFrame.from_ndarray(_even(pixels) if quality == "good" else pixels, format="rgb24")
            if count == 1:
                stream.width, stream.height = picture.width, picture.height
                stream.pix_fmt = "yuv420p" if quality == "good" else "rgb24"
            if quality == "good":
                matrix = matrix_for(height=picture.height)
                picture = picture.reformat(
                    format="yuv420p",
                    src_colorspace=matrix,
                    dst_colorspace=matrix,
                    src_color_range=ColorRange.JPEG,
                    dst_color_range=ColorRange.MPEG,
                    interpolation=EXACT,
                )
            container.mux(stream.encode(picture))
        if count:
            container.mux(stream.encode(None))
    return count


def _even(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(pixels)
