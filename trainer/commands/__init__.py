"""The commands of `polyp-trainer`, one a module; importing them loads no torch."""
