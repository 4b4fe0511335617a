"""The training loop and what it stands on: state, optimisers, schedules, checkpoints, several processes."""
