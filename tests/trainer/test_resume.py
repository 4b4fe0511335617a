"""A killed run goes on to the very weights that it would have had, and says so when it cannot."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.conftest import SMALL, write_data
from trainer.errors import DataError
from trainer.events import Stopped, StopSwitch
from trainer.fit import FitOrder, fit
from trainer.recipe import Optimiser, Recipe, Schedule, Stage
from trainer.training.checkpoints import Checkpoint, read_checkpoint

ROOT = Path(__file__).parents[2]
Tell = Callable[..., None]
Heard = list[dict[str, Any]]
TINY = Recipe(
    "tiny", SMALL, (Stage(3, rate=3e-3),), size=32, batch=2, schedule=Schedule(warm_up_steps=2), ema=0.5,
    validation=0.3, precision="float32", augment=False,
)  # fmt: skip


def same(one: object, other: object) -> bool:
    """Equal to the last bit, tensors inside included."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return isinstance(other, type(one)) and len(one) == len(other) and all(map(same, one, other))
    return one == other


def parts(checkpoint: Checkpoint) -> dict[str, object]:
    return {name: getattr(checkpoint, name) for name in Checkpoint.__slots__}


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems fork and kill")
@pytest.mark.parametrize(("recipe", "seed"), [("plateau", 1), ("cosine", 2)])
def test_a_run_that_is_killed_at_any_step_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, recipe: str, seed: int
) -> None:
    for number, name in enumerate("ab"):
        write_data(tmp_path / "data" / name, frames=7, first=10 * number)
    command = [sys.executable, "-m", "tests.trainer.killed_run", tmp_path / "data", tmp_path, recipe, seed]
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True,
        text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 2
    for name in ("last.pt", "best.pt"):
        whole, killed = (read_checkpoint(tmp_path / folder / name) for folder in ("whole", "killed"))
        odd = [part for part, value in parts(whole).items() if not same(value, parts(killed)[part])]
        assert odd == [], name


def order(data: Path, out: Path, *, goes_on: bool = False, max_steps: int = 0, **changes: Any) -> FitOrder:
    recipe = dataclasses.replace(TINY, **changes)
    return FitOrder({"d": data}, out, recipe, seed=1, goes_on=goes_on, max_steps=max_steps)


def test_a_budget_of_steps_ends_with_a_judgement_and_can_be_gone_on_from(
    data: Path, tmp_path: Path, tell: Tell, heard: Heard
) -> None:
    fit(order(data, tmp_path / "whole"), tell=tell, stop=StopSwitch())
    heard.clear()
    fit(order(data, tmp_path / "cut", max_steps=2), tell=tell, stop=StopSwitch())
    assert next(event for event in heard if event["type"] == "plan")["steps"] == 2
    assert [event["step"] for event in heard if event["type"] == "step"] == [1, 2]
    assert [event["step"] for event in heard if event["type"] == "evaluation"] == [2]
    assert (heard[-1]["type"], heard[-1]["finished"], heard[-1]["step"]) == ("result", False, 2)
    fit(order(data, tmp_path / "cut", goes_on=True), tell=tell, stop=StopSwitch())
    whole, cut = (read_checkpoint(tmp_path / name / "last.pt") for name in ("whole", "cut"))
    assert same(whole.network, cut.network)
    assert same(whole.average, cut.average)


def test_a_run_is_not_written_over_by_forgetting_to_resume(data: Path, tmp_path: Path, tell: Tell) -> None:
    fit(order(data, tmp_path, max_steps=1), tell=tell, stop=StopSwitch())
    with pytest.raises(DataError, match="holds a run already") as caught:
        fit(order(data, tmp_path), tell=tell, stop=StopSwitch())
    assert "--resume" in caught.value.cure


@pytest.mark.parametrize("change", ["network", "optimiser"])
def test_a_run_does_not_go_on_with_another_network_or_optimiser(
    data: Path, tmp_path: Path, tell: Tell, change: str
) -> None:
    fit(order(data, tmp_path, max_steps=1), tell=tell, stop=StopSwitch())
    choices: dict[str, dict[str, Any]] = {
        "network": {"architecture": dataclasses.replace(SMALL, arguments={"widths": [4, 16]})},
        "optimiser": {"optimiser": Optimiser("sgd")},
    }
    changes = choices[change]
    with pytest.raises(DataError) as caught:
        fit(order(data, tmp_path, goes_on=True, **changes), tell=tell, stop=StopSwitch())
    assert caught.value.code == "checkpoint.other"


def test_going_on_with_other_frames_is_said_aloud(data: Path, tmp_path: Path, tell: Tell, heard: Heard) -> None:
    fit(order(data, tmp_path / "run", max_steps=1), tell=tell, stop=StopSwitch())
    (data / "images" / "f001.png").unlink()
    (data / "masks" / "f001.png").unlink()
    fit(order(data, tmp_path / "run", goes_on=True, max_steps=2), tell=tell, stop=StopSwitch())
    assert "resume.data" in [event.get("code") for event in heard]


@pytest.mark.skipif(os.name != "posix", reason="limits of file sizes are a POSIX thing")
def test_a_disk_that_is_full_ends_a_run_in_one_sentence_and_leaves_no_half_checkpoint(
    data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "r.toml"
    path.write_text(
        'size = 32\nbatch = 2\n[[stages]]\nepochs = 2\nrate = 1e-3\n[architecture]\nname = "unet"\n'
        "arguments = { widths = [64, 128] }\n", "utf-8",
    )  # fmt: skip
    words = [sys.executable, "-m", "trainer.cli", "fit", "--data", data, "--recipe", path, "--out", tmp_path / "run"]
    done = subprocess.run(
        ["bash", "-c", "trap '' XFSZ; ulimit -f 800; exec \"$@\"", "bash", *map(str, words)], cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "run").glob("*.pt")) + list((tmp_path / "run").glob(".*.pt*"))


def test_a_stopped_run_goes_on_from_the_step_where_it_stopped(
    data: Path, tmp_path: Path, tell: Tell, heard: Heard
) -> None:
    stop = StopSwitch()

    def stopping(kind: str, **fields: object) -> None:
        tell(kind, **fields)
        if kind == "step" and fields["step"] == 2:
            stop.turn_on("asked to stop")

    with pytest.raises(Stopped) as caught:
        fit(order(data, tmp_path / "run"), tell=stopping, stop=stop)
    assert caught.value.step == 2
    heard.clear()
    fit(order(data, tmp_path / "run", goes_on=True), tell=tell, stop=StopSwitch())
    assert next(event for event in heard if event["type"] == "step")["step"] == 3
