"""The trainer's errors: what happened and what to do next.

TrainerError
├── DataError        frames, masks and lists that cannot be used
├── JobError         a job folder that must not be trained on
├── BundleError      a model bundle that is missing, damaged or of another kind
├── DeviceError      no such device, or its memory is too small
├── SurroundingsError  a missing library, a full or read-only disk
└── TrainingError    the run itself went wrong
"""

from __future__ import annotations


class TrainerError(Exception):
    """An expected error: `code` for programs, `message` and `cure` for people (one sentence each)."""

    def __init__(self, code: str, message: str, cure: str) -> None:
        super().__init__(f"{message} {cure}")
        self.code = code
        self.message = message
        self.cure = cure


class DataError(TrainerError):
    """Frames, masks and lists that cannot be used."""


class JobError(TrainerError):
    """A job that must not be trained on."""


class BundleError(TrainerError):
    """A model bundle that is missing, damaged or of another kind."""


class DeviceError(TrainerError):
    """No such device, or its memory is too small."""


class SurroundingsError(TrainerError):
    """A missing library, a full or a read-only disk."""


class TrainingError(TrainerError):
    """The run itself went wrong."""
