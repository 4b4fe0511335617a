"""Opening a video file with PyAV: known containers only, local files only, and a sentence for each way it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import av
import av.error
import av.logging
from av.codec.context import Flags
from av.container import InputContainer
from av.video.stream import VideoStream

from polypviewer.core.errors import MediaError
from polypviewer.media.file_bytes import file_size

# FFmpeg's own messages go nowhere, PyAV's default; what matters is raised here as errors. Any other level would take
# Python's lock inside decoder threads, which hangs.
av.logging.set_level(None)

# FFmpeg would also open playlists, which may name other files or hosts, and text as a picture of a terminal.
_CONTAINERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,m4v,asf,flv,ogg,mxf,dv,nut"
)
# A broken picture of these would show rows of another frame, left over in memory; as an error it is a hole. Elsewhere
# FFmpeg's stricter mode also refuses streams that are merely untidy, so there the check reports "damaged" frames.
_EACH_FRAME_ALONE: Final = frozenset({"mjpeg"})
_OPTIONS: Final = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """The container and its first video stream, set to tell which packet a frame came from. Raises `MediaError`."""
    file_size(path)
    try:
        container = av.open(str(path.absolute()), options=_OPTIONS)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _cannot_open(path, error) from error
    try:
        stream = _picture_stream(container, name=path.name)
        stream.codec_context.flags |= Flags.copy_opaque
        stream.thread_type = "AUTO"
        if stream.codec_context.name in _EACH_FRAME_ALONE:
            stream.codec_context.options = {"err_detect": "explode"}
    except BaseException:
        container.close()
        raise
    return container, stream


def _picture_stream(container: InputContainer, *, name: str) -> VideoStream:
    """The first video stream that is no cover picture."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            if getattr(stream, "codec_context", None) is None:
                raise MediaError("media.codec", name=name, codec="no decoder")
            return stream
    raise MediaError("media.no_video_stream", name=name)


def _cannot_open(path: Path, error: Exception) -> MediaError:
    if _lacks_frame_table(path):
        return MediaError("media.video_unfinished", name=path.name)
    reason = getattr(error, "strerror", None) or str(error)
    return MediaError("media.not_a_video", name=path.name, reason=reason)


def _lacks_frame_table(path: Path) -> bool:
    """True for an MP4 or MOV without `moov`: walk the top-level boxes (ISO/IEC 14496-12, section 4.2)."""
    kinds: list[bytes] = []
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            at = 0
            while at + 8 <= size and len(kinds) < 1000:
                file.seek(at)
                header = file.read(16)
                length = int.from_bytes(header[:4], "big")
                if length == 1:
                    length = int.from_bytes(header[8:16], "big")
                kinds.append(header[4:8])
                at += length if length >= 8 else size
    except OSError:
        return False
    return kinds[:1] == [b"ftyp"] and b"moov" not in kinds
