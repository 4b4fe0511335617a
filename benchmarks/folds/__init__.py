"""The protocol by which the bundled models are trained and judged: `python -m benchmarks.folds`, docs/models.md."""
