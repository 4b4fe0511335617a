"""Every speed and size that we claim: `python -m benchmarks.NAME [--quick]` prints one JSON object as its last line."""
