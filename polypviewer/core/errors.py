"""The tree of expected errors.

::

    PolypViewerError              code, fields; str(error) says what happened, error.cure what to do next
     |- ProjectError              opening, locking, saving a project
     |- MediaError                images, videos, frames
     |- SegmentationError         bundles, devices, engines
     |- DatasetError              import and export
     |- TrainingError             the training process
     |- EditError                 an edit that is refused, with the reason
     |- SettingsError             settings and command-line values

The sentences stand in `core/error_sentences.py`, one table by code, so that they can be translated and tested.
Anything that is not a `PolypViewerError` is a defect: the application saves the work first and shows the details.
"""

from __future__ import annotations

from typing import ClassVar

from polypviewer.core.error_sentences import SENTENCES


class PolypViewerError(Exception):
    """An expected error with a cure. `code` must be a key of `SENTENCES`; `fields` fill its placeholders."""

    prefix: ClassVar[str] = ""

    def __init__(self, code: str, **fields: object) -> None:
        if code not in SENTENCES:
            raise KeyError(f"no sentence for the error code {code!r}")
        self.code = code
        self.fields = fields
        happened, cure = SENTENCES[code]
        self.happened = happened.format(**fields)
        self.cure = cure.format(**fields)
        super().__init__(self.happened)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.fields)

    @property
    def sentence(self) -> str:
        """What happened and what to do next, as one line."""
        return f"{self.happened} {self.cure}".strip()


def _rebuild(kind: type[PolypViewerError], code: str, fields: dict[str, object]) -> PolypViewerError:
    return kind(code, **fields)


class ProjectError(PolypViewerError):
    """A project folder cannot be opened, locked or saved."""


class MediaError(PolypViewerError):
    """An image or a video cannot be read, or a frame is not the one it should be."""


class SegmentationError(PolypViewerError):
    """A model bundle, a device or an engine process cannot do what was asked."""


class DatasetError(PolypViewerError):
    """Data cannot be imported or exported."""


class TrainingError(PolypViewerError):
    """The training process failed or gave an answer that cannot be used."""


class EditError(PolypViewerError):
    """An edit is refused; nothing was changed."""


class SettingsError(PolypViewerError):
    """A setting or a command-line value cannot be used."""
