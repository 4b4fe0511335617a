"""Every error has a sentence and a cure, and every code that the source raises is in the table."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import polypviewer
from polypviewer.core.error_sentences import SENTENCES
from polypviewer.core.errors import EditError, PolypViewerError

SOURCE = Path(polypviewer.__file__).parent
RAISED = re.compile(
    r"(?:Project|Media|Segmentation|Dataset|Training|Edit|Settings|PolypViewer)Error\(\s*\"([a-z_]+\.[a-z_0-9]+)\""
)


def test_every_code_that_is_raised_has_a_sentence() -> None:
    raised = {code for path in SOURCE.rglob("*.py") for code in RAISED.findall(path.read_text())}
    assert raised
    assert raised <= set(SENTENCES), sorted(raised - set(SENTENCES))


def test_every_sentence_ends_and_every_error_has_a_cure() -> None:
    for code, (happened, cure) in SENTENCES.items():
        assert happened.rstrip().endswith((".", "}", "?")), code
        assert cure.rstrip().endswith((".", "}")), code


def test_an_unknown_code_is_a_defect() -> None:
    with pytest.raises(KeyError):
        PolypViewerError("no.such_code")


def test_an_error_travels_between_processes_whole() -> None:
    error = EditError("edit.size", mask_height=1, mask_width=2, height=3, width=4)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 # our own bytes
    assert (type(again), again.code, str(again), again.cure) == (EditError, error.code, str(error), error.cure)
