"""PolypViewer: annotate colonoscopy images and videos with a U-Net that learns from the corrections."""

__version__ = "0.1.0"
