"""Other people's formats in and out, splits, de-identification, and the demo (floor 1)."""
