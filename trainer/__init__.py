"""polyp-trainer: trains, fine-tunes, judges, exports and serves polyp segmentation networks.

A program of its own: it shares no code with the application and meets it in model bundles, jobs, events and the engine
protocol (`docs/formats.md`). Importing this package does not import torch.
"""

__version__ = "0.1.0"
