"""The log holds no names; whatever nobody expected saves the work first."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from polypviewer.core.errors import MediaError
from polypviewer.session.crash import install_exception_hook, log_error, start_log, stop_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = start_log(tmp_path / "logs")
    assert path is not None
    yield path
    stop_log()
    logging.getLogger("polypviewer").setLevel(logging.NOTSET)


def test_an_expected_error_is_logged_by_its_code_and_without_its_names(log: Path) -> None:
    log_error(MediaError("media.empty", name="Mueller_Anna_1970.jpg"))
    text = log.read_text("utf-8")
    assert "media.empty" in text
    assert "Mueller" not in text


def test_a_defect_is_logged_with_its_steps_and_without_its_words(log: Path) -> None:
    try:
        raise FileNotFoundError("exams/Mueller_Anna_1970.jpg")
    except FileNotFoundError as error:
        log_error(error)
    text = log.read_text("utf-8")
    assert "FileNotFoundError" in text
    assert "test_crash.py" in text
    assert "Mueller" not in text


def test_the_log_turns_over_and_keeps_five(log: Path) -> None:
    logger = logging.getLogger("polypviewer")
    for _ in range(80):
        logger.info("x" * 100_000)
    files = list(log.parent.iterdir())
    assert 2 <= len(files) <= 6
    assert all(path.stat().st_size < 1_200_000 for path in files)


def test_where_no_log_can_be_written_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert start_log(tmp_path / "file") is None


def test_the_work_is_saved_before_a_defect_is_told(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    order: list[str] = []
    install_exception_hook(lambda: order.append("saved"), lambda error: order.append(type(error).__name__))
    error = ZeroDivisionError("by zero")
    sys.excepthook(ZeroDivisionError, error, None)
    assert order == ["saved", "ZeroDivisionError"]
    assert "ZeroDivisionError" in log.read_text("utf-8")


def test_ctrl_c_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, _error, _trace: passed.append(kind.__name__))
    install_exception_hook(lambda: passed.append("saved"), lambda _: passed.append("told"))
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert passed == ["KeyboardInterrupt"]


def test_a_defect_is_told_even_where_saving_breaks_too(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    told: list[str] = []

    def broken() -> None:
        raise KeyError("Mueller")

    install_exception_hook(broken, lambda error: told.append(type(error).__name__))
    sys.excepthook(ZeroDivisionError, ZeroDivisionError("by zero"), None)
    assert told == ["ZeroDivisionError"]
    assert "KeyError" in log.read_text("utf-8")
