"""Icons, translations, bundled models and demo material, found wherever the program is installed."""

from importlib.resources import files
from pathlib import Path

__all__ = ["path"]


def path(name: str = "") -> Path:
    """The file or folder `name` ("models/polyp-unet", "icons/brush.svg") below this folder; it may not exist.

    The wheel is installed unpacked, so a real path is at hand; nothing here is ever written to.
    """
    return Path(str(files(__name__))) / name
