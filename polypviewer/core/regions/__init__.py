"""What each tool selects: pure functions from a `core.region.Scene` and a gesture to a Region or a Reshape."""
