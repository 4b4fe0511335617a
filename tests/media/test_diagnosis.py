"""What doctor says about codecs and image formats."""

from __future__ import annotations

import sys

import pytest

from polypviewer.media import diagnosis


def test_the_codecs_that_the_program_needs_are_here() -> None:
    assert [(check.name, check.state) for check in diagnosis.codec_checks()] == [("video", "ok"), ("images", "ok")]


def test_a_codec_that_is_not_there_is_named_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "VIDEO_DECODERS", ("h264", "no_such_codec"))
    monkeypatch.setattr(diagnosis, "VIDEO_ENCODERS", ("h264_nowhere",))
    check = diagnosis.codec_checks()[0]
    assert (check.state, "no_such_codec, h264_nowhere (writing)" in check.detail) == ("warning", True)
    assert "pip install" in check.cure


@pytest.mark.parametrize(("library", "name"), [("av", "video"), ("PIL", "images")])
def test_a_library_that_cannot_be_loaded_is_an_error(monkeypatch: pytest.MonkeyPatch, library: str, name: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    checks = {check.name: check for check in diagnosis.codec_checks()}
    assert checks[name].state == "error"
    assert checks[name].cure
