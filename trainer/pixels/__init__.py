"""Pixels: from frame to network input and from probability to mask (numpy, scipy and OpenCV only).

Twice on purpose: the application keeps its own copy in its core. `docs/formats.md`, "From frame to mask", is the one
specification, and `tests/contract/golden_pixels.json` holds both copies to the same values.
"""
