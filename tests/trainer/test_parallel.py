"""Several processes train one network: real processes, started as torchrun starts them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.trainer.conftest import write_data
from trainer.errors import DataError
from trainer.events import StopSwitch
from trainer.fit import FitOrder, fit
from trainer.recipe import read_recipe
from trainer.training.checkpoints import read_checkpoint
from trainer.training.feed import Feed
from trainer.training.parallel import Processes

ROOT = Path(__file__).parents[2]
RECIPE = """size = 32
batch = 4
ema = 0.5
validation = 0.3
precision = "float32"
augment = false
[[stages]]
epochs = 2
rate = 1e-2
[schedule]
warm_up_steps = 2
[architecture]
name = "unet"
arguments = { widths = [4, 8], norm = "NORM" }
"""


LEAVING = """
from pathlib import Path
import torch
from trainer.training.parallel import from_surroundings, joined

with joined(from_surroundings(), torch.device("cpu")):
    torch.distributed.all_reduce(torch.ones(3))
    torch.optim.AdamW([torch.nn.Parameter(torch.ones(3))])  # loads parts of PyTorch that nothing needed before
threads = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
left = [name for name in threads if "gloo" in name]
if left:
    raise SystemExit(f"left running: {left}")
"""


def torchrun(
    *arguments: object, processes: int, program: tuple[str, ...] = ("-m", "trainer.cli")
) -> subprocess.CompletedProcess[str]:
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", *program]
    return subprocess.run(
        [sys.executable, *launcher, *map(str, arguments)], cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_two_processes_come_to_the_weights_of_one(tmp_path: Path, tell: Callable[..., None]) -> None:
    data = write_data(tmp_path / "d", frames=10)
    path = tmp_path / "r.toml"
    path.write_text(RECIPE.replace("NORM", "group"), "utf-8")
    done = torchrun(
        "fit", "--data", data, "--recipe", path, "--out", tmp_path / "two", "--device", "cpu", "--threads", 1,
        processes=2,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    fit(FitOrder({"d": data}, tmp_path / "one", read_recipe(path), device="cpu"), tell=tell, stop=StopSwitch())
    one, two = (read_checkpoint(tmp_path / name / "last.pt") for name in ("one", "two"))
    assert one.progress["done"] == two.progress["done"] > 1
    for kind in ("network", "average"):
        for name, tensor in getattr(one, kind).items():
            assert torch.allclose(tensor, getattr(two, kind)[name], atol=1e-5, rtol=0), name
    events = [json.loads(line) for line in (tmp_path / "two" / "events.jsonl").read_text("utf-8").splitlines()]
    assert [event["type"] for event in events].count("result") == 1
    assert next(event for event in events if event["type"] == "plan")["processes"] == 2
    assert not [event for event in events if event["type"] == "warning"]


@pytest.mark.slow
def test_nothing_of_the_other_processes_is_left_when_they_have_been_left(tmp_path: Path) -> None:
    # A thread of gloo that lives on takes Python's lock as it drops its last tensor, and aborts a process that ends.
    path = tmp_path / "leaving.py"
    path.write_text(LEAVING, "utf-8")
    done = torchrun(processes=2, program=(str(path),))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_two_processes_with_batch_norm_say_what_differs_and_go_on_together(tmp_path: Path) -> None:
    data = write_data(tmp_path / "d", frames=10)
    path = tmp_path / "r.toml"
    path.write_text(RECIPE.replace("NORM", "batch"), "utf-8")
    words = ("fit", "--data", data, "--recipe", path, "--out", tmp_path / "run", "--device", "cpu", "--threads", 1)
    cut = torchrun(*words, "--max-steps", 1, processes=2)
    assert cut.returncode == 0, cut.stderr
    done = torchrun(*words, "--resume", processes=2)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text("utf-8").splitlines()]
    assert [event["code"] for event in events if event["type"] == "warning"] == ["parallel.batch_norm"] * 2
    assert [event["step"] for event in events if event["type"] == "step"][:2] == [1, 2]
    assert read_checkpoint(tmp_path / "run" / "last.pt").progress["epoch"] == 2


def some_frames() -> Any:
    from trainer.data.frames import Frames

    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 255, (9, 8, 8, 3), generator=generator, dtype=torch.uint8).numpy()
    weights = (images[:, 0, 0, 0] / 255.0).astype(np.float32)
    return Frames(tuple(f"d/{n}" for n in range(9)), images, images[..., 0] // 128, weights)


def test_processes_share_a_batch_without_a_frame_twice(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(RECIPE.replace("NORM", "group"), "utf-8")
    recipe = read_recipe(path, ["size=8", "batch=5"])
    device = torch.device("cpu")

    def fed(count: int, rank: int) -> Any:
        processes = Processes(count, rank)
        return Feed(some_frames(), recipe, seed=0, stride=2, device=device, processes=processes).step(0, 0)

    whole, mine = fed(1, 0), [fed(2, rank) for rank in (0, 1)]
    assert [len(part.weights) for part in mine] == [3, 2]
    assert {part.whole for part in mine} == {whole.whole}
    together = torch.cat([part.batch.image for part in mine]).flatten(1).sum(1).sort().values
    assert torch.allclose(together, whole.batch.image.flatten(1).sum(1).sort().values)


def test_more_processes_than_frames_a_step_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(RECIPE.replace("NORM", "group"), "utf-8")
    with pytest.raises(DataError, match="5 processes cannot share 4 frames"):
        Feed(
            some_frames(), read_recipe(path), seed=0, stride=2, device=torch.device("cpu"), processes=Processes(5, 0)
        )  # fmt: skip
