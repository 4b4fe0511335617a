"""An error inside a method that Qt calls reaches the exception hook; the window lives on."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
{first}
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication, QWidget

class Widget(QWidget):
    def event(self, event):
        return super().event(event)

    def customEvent(self, event):
        int("x" * 3)

sys.excepthook = lambda kind, error, trace: print("hook", kind.__name__)
application = QApplication([])
widget = Widget()
QCoreApplication.postEvent(widget, QEvent(QEvent.Type.User))
QTimer.singleShot(50, application.quit)
application.exec()
print("alive")
"""


def run(first: str, home: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM.format(first=first)]
    environment = {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "HOME": home}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_an_error_of_c_code_in_an_event_handler_reaches_the_hook_and_the_window_lives_on(tmp_path: Path) -> None:
    done = run("import polypviewer.ui", str(tmp_path))
    assert done.stdout.split("\n")[:2] == ["hook ValueError", "alive"]
    assert done.returncode == 0


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="only Python 3.11 hands such errors on in parts")
def test_without_it_the_process_ends_so_that_we_hear_when_it_can_go(tmp_path: Path) -> None:
    assert run("", str(tmp_path)).returncode != 0
