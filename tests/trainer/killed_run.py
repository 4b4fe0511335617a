"""One run trained whole, and the same one killed again and again.

`python -m tests.trainer.killed_run DATA OUT NAME SEED`: a program of its own, since it forks. Every attempt is a fresh
process that costs no second start of PyTorch.
"""

import functools
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from trainer.events import StopSwitch
from trainer.fit import FitOrder, fit
from trainer.models.registry import Architecture
from trainer.recipe import Optimiser, Recipe, Schedule, Stage

NETWORK = Architecture("unet", {"widths": [4, 8], "dropout": 0.3})
RECIPES = {
    "plateau": Recipe(
        "plateau", NETWORK, (Stage(5, rate=1e-3, loss="bce"), Stage(3, rate=1e-4, loss="dice")), size=32, batch=3,
        optimiser=Optimiser("adam"), schedule=Schedule("plateau", warm_up_steps=2, patience=1, factor=0.5), ema=0.9,
        early_stopping=2, datasets={"a": 1.0, "b": 2.0}, validation=0.3, precision="float32", checkpoint_steps=1,
    ),
    "cosine": Recipe(
        "cosine", NETWORK, (Stage(3, rate=1e-3, encoder_rate=1e-4), Stage(2, rate=1e-3, size=16)), size=32, batch=2,
        accumulation=2, scales=(0.5, 1.0), schedule=Schedule(over="stage", warm_up_steps=3), ema=0.0, validation=0.3,
        precision="float32", checkpoint_steps=2, tta=True,
    ),
}  # fmt: skip
MOST_KILLS = 5


def main(data: Path, out: Path, name: str, seed: int) -> None:
    """Train in `out/whole` without a break and in `out/killed` with some; print how often it was killed."""
    folders = {"a": data / "a", "b": data / "b"}

    def order(folder: str, *, goes_on: bool) -> FitOrder:
        return FitOrder(folders, out / folder, RECIPES[name], seed=3, threads=1, goes_on=goes_on)

    code, _ = attempt(lambda tell: fit(order("whole", goes_on=False), tell=tell, stop=StopSwitch()), kill_after=None)
    assert code == 0, f"the whole run ended with {code}"
    chance, kills = random.Random(seed), 0
    while True:
        after = chance.randint(1, 6) if kills < MOST_KILLS else None
        code, _ = attempt(
            lambda tell: fit(order("killed", goes_on=True), tell=tell, stop=StopSwitch()), kill_after=after
        )
        if code == 0:
            break
        assert code == -signal.SIGKILL, f"attempt {kills} ended with {code}"
        kills += 1
    sys.stdout.write(f"{kills}\n")


def attempt(work: Callable[[Callable[..., None]], object], *, kill_after: int | None) -> tuple[int, int]:
    """Run `work` in a fork that is killed once it has told of so many steps; returns its exit code and its steps."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        work(functools.partial(_count_steps, write))
        os._exit(0)
    os.close(write)
    steps = 0
    while os.read(read, 1):
        steps += 1
        if steps == kill_after:
            os.kill(child, signal.SIGKILL)
    os.close(read)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), steps


def _count_steps(write: int, kind: str, **_: object) -> None:
    if kind == "step":
        os.write(write, b".")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
