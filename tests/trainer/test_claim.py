"""Two processes never train in one folder, and one that was killed keeps nobody out."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainer.conftest import write_data
from tests.trainer.test_resume import TINY
from trainer.errors import DataError
from trainer.events import StopSwitch
from trainer.fit import FitOrder, fit
from trainer.training.claim import claimed
from trainer.training.parallel import Processes

pytestmark = pytest.mark.torch

HOLDER = """
import sys
from pathlib import Path
from trainer.training.claim import claimed
from trainer.training.parallel import ALONE
with claimed(Path(sys.argv[1]), ALONE):
    print("claimed", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that trains in `tmp_path / run`, as far as anybody can see."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
        process.kill()


@pytest.fixture
def order(tmp_path: Path) -> FitOrder:
    data = write_data(tmp_path / "data", frames=6)
    return FitOrder({"a": data}, tmp_path / "run", TINY, max_steps=1, threads=1, goes_on=True)


def test_a_folder_in_which_another_process_trains_is_refused_and_left_as_it_is(
    holder: subprocess.Popen[str], order: FitOrder
) -> None:
    before = sorted(order.out.iterdir())
    with pytest.raises(DataError, match="Another process is training in"):
        fit(order, tell=lambda *_, **__: None, stop=StopSwitch())
    assert sorted(order.out.iterdir()) == before


def test_a_killed_process_keeps_nobody_out(holder: subprocess.Popen[str], order: FitOrder) -> None:
    holder.kill()
    holder.wait()
    assert fit(order, tell=lambda *_, **__: None, stop=StopSwitch()).is_file()
    assert fit(order, tell=lambda *_, **__: None, stop=StopSwitch()).is_file()


def test_the_other_processes_of_a_run_are_let_in(holder: subprocess.Popen[str], order: FitOrder) -> None:
    with claimed(order.out, Processes(2, 1)):
        assert holder.poll() is None
