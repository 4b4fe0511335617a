"""The guards of the test run can fail: each is shown a small wrong."""

import os
import threading
from pathlib import Path

import pytest

from tests.surroundings import isolate_home, leaked_threads, missing_extra


def test_a_thread_that_still_runs_is_named() -> None:
    before = set(threading.enumerate())
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="left-behind")
    thread.start()
    try:
        assert leaked_threads(before, patience_s=0.05) == ["left-behind"]
    finally:
        release.set()
        thread.join()
    assert leaked_threads(before) == []


def test_the_home_of_a_test_is_not_the_users(isolated_settings: Path) -> None:
    assert Path.home() == isolated_settings
    assert os.environ["XDG_CONFIG_HOME"].startswith(str(isolated_settings))


def test_the_runtime_folder_has_the_mode_that_qt_asks_for(tmp_path: Path) -> None:
    environment = isolate_home(tmp_path)
    assert Path(environment["XDG_RUNTIME_DIR"]).stat().st_mode & 0o777 == 0o700


def test_a_library_that_is_not_installed_is_missing() -> None:
    assert missing_extra("no_such_library_of_ours")
    assert not missing_extra("numpy")


def test_a_warning_is_an_error() -> None:
    import warnings

    with pytest.raises(UserWarning, match="noise"):
        warnings.warn("noise", stacklevel=1)


def test_a_skip_becomes_a_failure_where_the_thing_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.conftest import absent

    with pytest.raises(pytest.skip.Exception):
        absent("no moon tonight", required_by="REQUIRE_MOON")
    monkeypatch.setenv("REQUIRE_MOON", "1")
    with pytest.raises(pytest.fail.Exception, match="no moon tonight"):
        absent("no moon tonight", required_by="REQUIRE_MOON")
