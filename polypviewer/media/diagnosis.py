"""What `polypviewer doctor` reports about codecs and image formats."""

from __future__ import annotations

from typing import Final

from polypviewer.core.check import Check

VIDEO_DECODERS: Final = ("h264", "hevc", "mpeg2video", "mpeg4", "mjpeg", "vp9", "av1")
"""What endoscopy recorders and their converters write."""
VIDEO_ENCODERS: Final = ("libx264", "ffv1")
IMAGE_FEATURES: Final = {"jpg": "JPEG", "zlib": "PNG", "webp": "WebP", "libtiff": "TIFF"}
"""Pillow's name of each library, and the format it reads; BMP needs none."""
_CURE: Final = "Install the wheel of {package} from PyPI: pip install --force-reinstall --only-binary :all: {package}."


def codec_checks() -> tuple[Check, ...]:
    """Video decoders and encoders of PyAV, and image formats of Pillow."""
    return (_video_check(), _image_check())


def _video_check() -> Check:
    try:
        import av
        from av.codec import Codec
        from av.codec.codec import UnknownCodecError
    except ImportError as error:
        return Check("video", "error", f"PyAV cannot be loaded: {error}", _CURE.format(package="av"))

    def lacks(name: str, mode: str) -> bool:
        try:
            Codec(name, "w" if mode == "w" else "r")
        except UnknownCodecError:
            return True
        return False

    missing = [name for name in VIDEO_DECODERS if lacks(name, "r")]
    missing += [f"{name} (writing)" for name in VIDEO_ENCODERS if lacks(name, "w")]
    library = ".".join(str(part) for part in av.library_versions["libavcodec"])
    version = f"PyAV {av.__version__}, libavcodec {library}"
    if missing:
        return Check("video", "warning", f"{version} lacks {', '.join(missing)}", _CURE.format(package="av"))
    return Check("video", "ok", f"{version}: {', '.join(VIDEO_DECODERS)}; writes {' and '.join(VIDEO_ENCODERS)}")


def _image_check() -> Check:
    try:
        import PIL
        from PIL import features
    except ImportError as error:
        return Check("images", "error", f"Pillow cannot be loaded: {error}", _CURE.format(package="pillow"))
    missing = [title for name, title in IMAGE_FEATURES.items() if not features.check(name)]
    if missing:
        detail = f"Pillow {PIL.__version__} lacks {', '.join(missing)}"
        return Check("images", "warning", detail, _CURE.format(package="pillow"))
    return Check("images", "ok", f"Pillow {PIL.__version__}: {', '.join(IMAGE_FEATURES.values())}, BMP")
