"""PolypViewer: annotate colonoscopy images and videos with a U-Net that learns from the corrections."""

from polypviewer.core.held_constants import hold_constants

__version__ = "0.1.0"

hold_constants()
