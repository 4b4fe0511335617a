"""What every test gets: settings of its own, a display of its own, no leaked thread, and no silent skip.

Environment: `REQUIRE_WINDOW=1` and `REQUIRE_REAL=1` turn the skips of missing Qt libraries and of missing real data
into failures; `HYPOTHESIS_PROFILE=fuzz` searches longer; `QT_QPA_PLATFORM` is respected when it is set.
"""

import gc
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.surroundings import Xvfb, isolate_home, leaked_threads, missing_extra, qt_failure, xcb_failure

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
QT_FAILURE = qt_failure()
WHOLE_COLLECTION_EVERY = 40
TRAIN_EXTRA = ("torch", "monai", "safetensors", "onnx", "onnxscript", "tensorboard")
NO_QT = f"Qt cannot paint here: {QT_FAILURE} (`polypviewer doctor` names the command that installs it)"
STATE = pytest.StashKey[Xvfb]()

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("fuzz", parent=settings.get_profile("default"), max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Load pytest-qt where Qt loads; elsewhere only its settings are known, so that the other tests run."""
    if QT_FAILURE is None:
        pluginmanager.import_plugin("pytestqt.plugin")
        return
    for name in ("qt_api", "qt_log_level_fail", "qt_default_raising"):
        parser.addini(name, "setting of pytest-qt, which cannot be loaded here")
    parser.addini("qt_log_ignore", "setting of pytest-qt, which cannot be loaded here", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Give this process a home and, unless it only hands tests to workers, a display."""
    home = Path(tempfile.mkdtemp(prefix="polypviewer-tests-"))
    os.environ.update(isolate_home(home))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # As a shell's background jobs do, and all that they start.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        _choose_platform(config)


def _choose_platform(config: pytest.Config) -> None:
    """Set QT_QPA_PLATFORM: as told, else xcb on an Xvfb of our own, else xcb on the user's display, else offscreen."""
    if "QT_QPA_PLATFORM" in os.environ:
        return
    usable = QT_FAILURE is None and xcb_failure() is None
    if usable and Xvfb.installed():
        server = Xvfb()
        config.stash[STATE] = server
        config.add_cleanup(server.stop)
        os.environ["DISPLAY"] = server.display
    os.environ["QT_QPA_PLATFORM"] = "xcb" if usable and os.environ.get("DISPLAY") else "offscreen"


def pytest_report_header(config: pytest.Config) -> list[str]:
    if QT_FAILURE is not None:
        return [NO_QT]
    where = "own Xvfb" if STATE in config.stash else os.environ.get("DISPLAY", "no display")
    return [f"window platform: {os.environ.get('QT_QPA_PLATFORM', 'chosen by each worker')} ({where})"]


# --- skips are said aloud, or are failures -----------------------------------------------------------------------


def absent(reason: str, *, required_by: str) -> None:
    """Skip the running test with `reason`; fail instead where the environment variable `required_by` is 1."""
    if os.environ.get(required_by) == "1":
        pytest.fail(f"{reason}, and {required_by}=1 asks for it", pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A test module that imports what this machine lacks is one skip with a reason, not an error."""
    report = yield
    reason = _reason_of_absence(str(report.longrepr)) if report.failed else None
    if reason is not None:
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 1, f"Skipped: {reason}")
    return report


def _reason_of_absence(error: str) -> str | None:
    if QT_FAILURE is not None and "cannot open shared object file" in error:
        return NO_QT if os.environ.get("REQUIRE_WINDOW") != "1" else None
    absent_library = next((n for n in TRAIN_EXTRA if missing_extra(n) and f"No module named '{n}" in error), None)
    return None if absent_library is None else f"needs the [train] extra: {absent_library} is not installed here"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("torch") is not None and missing_extra("torch"):
        absent("needs the [train] extra: torch is not installed here", required_by="REQUIRE_TORCH")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every skip with its reason, last of all."""
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.section(f"skipped: {len(skipped)}")
    for report in sorted(skipped, key=lambda r: str(r.nodeid)):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.line(f"{report.nodeid}: {reason.removeprefix('Skipped: ')}")


# --- fixtures ----------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def isolated_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new home for every test; no POLYPVIEWER_ variable of the user is seen."""
    for name in [n for n in os.environ if n.startswith("POLYPVIEWER_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name, value in isolate_home(home).items():
        if name != "XDG_RUNTIME_DIR":
            monkeypatch.setenv(name, value)
    return home


@pytest.fixture(autouse=True)
def no_leaked_thread() -> Iterator[None]:
    """Whatever thread a test starts has ended when the test has."""
    before = set(threading.enumerate())
    yield
    leaked = leaked_threads(before)
    if leaked:
        pytest.fail(f"threads still run after the test: {', '.join(leaked)}", pytrace=False)


@pytest.fixture(autouse=True)
def garbage_is_collected_here(_finished: list[None]) -> Iterator[None]:
    """On the thread of the tests, as on the window's thread in the program (`ui/tidying.py`).

    A lane that collects by chance destroys Qt objects of this thread, which ends the process now and then.
    """
    gc.disable()
    yield
    _finished.append(None)
    gc.collect() if len(_finished) % WHOLE_COLLECTION_EVERY == 0 else gc.collect(1)


@pytest.fixture(scope="session")
def _finished() -> list[None]:
    """One entry for each test that has ended in this process."""
    return []


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real colonoscopy data, beside the checkout; read in place, never copied or written."""
    if not SHARED_DATA.is_dir():
        absent("real data (../shared/data) is not on this machine", required_by="REQUIRE_REAL")
    return SHARED_DATA


@pytest.fixture(scope="session")
def window_platform() -> str:
    """Qt's platform in which this test may open windows: "xcb" where there is a display, else "offscreen"."""
    if QT_FAILURE is not None:
        absent(NO_QT, required_by="REQUIRE_WINDOW")
    return os.environ["QT_QPA_PLATFORM"]


@pytest.fixture(scope="session")
def real_display(window_platform: str) -> str:
    """The X display of a test that needs an X server (xdotool, a second process with a window)."""
    if window_platform != "xcb":
        absent("there is no X display and no Xvfb (apt-get install xvfb)", required_by="REQUIRE_WINDOW")
    return os.environ["DISPLAY"]


if QT_FAILURE is not None:

    @pytest.fixture
    def qtbot(window_platform: str) -> None:
        """Stands where pytest-qt cannot be loaded: the test is skipped, or fails, with the reason."""

    @pytest.fixture
    def qapp(window_platform: str) -> None:
        """Stands where pytest-qt cannot be loaded: the test is skipped, or fails, with the reason."""
