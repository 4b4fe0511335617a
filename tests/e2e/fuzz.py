"""What `make fuzz` runs: kills, properties, and the robot. `python -m tests.e2e.fuzz [PART...] [--quick]`.

Each part writes what it has done to `runs/fuzz` and goes on from there when it is started again. The first failure ends
the run with code 1 and says the seed that repeats it: `python -m tests.e2e.fuzz kills --seed 17`.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.surroundings import Xvfb, isolate_home

ROOT: Final = Path(__file__).parents[2]
LOGS: Final = ROOT / "runs" / "fuzz"
KILLS: Final = 10_000
ROUNDS: Final = 3
ROBOT_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Share:
    """The seeds of one worker among several."""

    number: int
    workers: int


class Log:
    """One JSON object a line: what has been done, so that a second start goes on."""

    def __init__(self, name: str, share: Share | None = None) -> None:
        """`share`: only the rows of its seeds; several workers write to one file, a line at a time."""
        LOGS.mkdir(parents=True, exist_ok=True)
        self._path = LOGS / f"{name}.jsonl"
        lines = self._path.read_text("utf-8").splitlines() if self._path.exists() else []
        rows: list[dict[str, float]] = [json.loads(line) for line in lines if line.endswith("}")]
        self.rows = [row for row in rows if share is None or int(row["seed"]) % share.workers == share.number]

    def add(self, **row: float) -> None:
        """Remember a row."""
        self.rows.append(row)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def kills(*, seed: int | None, quick: bool) -> bool:
    """kill -9 until 10,000 kills have been survived, on every core. True if all was found again each time."""
    workers = 1 if seed is not None or quick else max(1, os.cpu_count() or 1)
    if workers == 1:
        return kill_on_one_core(Share(0, 1), seed=seed, quick=quick)
    running = [
        subprocess.Popen([sys.executable, "-m", "tests.e2e.fuzz", "kills", "--share", f"{number}/{workers}"], cwd=ROOT)
        for number in range(workers)
    ]
    return all([process.wait() == 0 for process in running])  # noqa: C419 - all of them are waited for


def kill_on_one_core(share: Share, *, seed: int | None, quick: bool) -> bool:
    """One worker's part of the seeds and of the kills."""
    from PySide6.QtCore import QCoreApplication

    from tests.e2e.killing import Workshop

    application = QCoreApplication.instance() or QCoreApplication([])
    gc.disable()  # on a lane's thread it would destroy Qt objects of this one, which ends the process: ui/tidying.py
    log = Log("kills", share)
    wanted = 100 if quick else KILLS // share.workers
    with tempfile.TemporaryDirectory(prefix="fuzz-kills-") as folder:
        workshop = Workshop(Path(folder), application)
        try:
            if seed is not None:
                tell(f"kills: seed {seed}: {workshop.live(seed)}")
                return True
            for number in _undone(log, share):
                if sum(row["kills"] for row in log.rows) >= wanted:
                    break
                life = workshop.live(number)
                log.add(seed=number, kills=life.kills, steps=life.steps, oldest_lost=round(life.oldest_lost, 4))
                gc.collect()
                if number % 50 == 0:
                    tell(_kills_so_far(log))
        except AssertionError as error:
            tell(f"kills: FAILED: {error}")
            return False
        finally:
            workshop.close()
    tell(_kills_so_far(log))
    return True


def _undone(log: Log, share: Share) -> Iterator[int]:
    done = {int(row["seed"]) for row in log.rows}
    return (number for number in itertools.count(share.number, share.workers) if number not in done)


def _kills_so_far(log: Log) -> str:
    ages = [row["oldest_lost"] for row in log.rows]
    count, steps = (sum(row[name] for row in log.rows) for name in ("kills", "steps"))
    late = sum(age > 0.2 for age in ages)
    oldest = max(ages, default=0.0) * 1000
    return f"kills: {count:,.0f} in {steps:,.0f} steps; oldest lost step {oldest:.0f} ms; above 200 ms: {late} lives"


def properties(*, seed: int | None, quick: bool) -> bool:
    """The property tests with the long profile, a round for each seed."""
    log = Log("properties")
    for number in [seed] if seed is not None else range(1 if quick else ROUNDS):
        if seed is None and any(row["seed"] == number for row in log.rows):
            continue
        started = time.monotonic()
        command = [
            sys.executable, "-m", "pytest", "-q", "-x", "-m", "hypothesis", "-n", "2", "-o", "faulthandler_timeout=0",
            f"--hypothesis-seed={number}", *(["tests/core"] if quick else []),
        ]  # fmt: skip
        profile = {} if quick else {"HYPOTHESIS_PROFILE": "fuzz"}
        if subprocess.run(command, cwd=ROOT, env={**os.environ, **profile}, check=False).returncode != 0:
            tell(f"properties: FAILED: seed {number}")
            return False
        log.add(seed=number, seconds=round(time.monotonic() - started))
        tell(f"properties: round {number + 1} of {ROUNDS}")
    return True


def robot(*, seed: int | None, quick: bool) -> bool:
    """The robot at the window for an hour; a stopped hour begins again with the next seed."""
    log = Log("robot")
    seconds = 30 if quick else ROBOT_SECONDS
    if seed is None and any(row["seconds"] >= seconds for row in log.rows):
        tell("robot: its hour is done")
        return True
    number = seed if seed is not None else len(log.rows) + 1
    command = [sys.executable, "-m", "tests.e2e.robot", "--seed", str(number), "--seconds", str(seconds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    report = done.stdout.splitlines()[-1] if done.stdout else "{}"
    (LOGS / f"robot-{number}.json").write_text(report, "utf-8")
    tell(f"robot: {report}")
    if done.returncode == 0:
        log.add(seed=number, seconds=seconds)
    else:
        tell(f"robot: FAILED: seed {number}")
    return done.returncode == 0


PARTS: Final[dict[str, Callable[..., bool]]] = {"kills": kills, "properties": properties, "robot": robot}


def tell(line: str) -> None:
    """One line of progress, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run the parts; 0 if none failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.fuzz", description=__doc__)
    parser.add_argument("part", nargs="*", metavar="PART", help="kills, properties, robot; default: all")
    parser.add_argument("--seed", type=int, help="repeat one seed of a part")
    parser.add_argument("--quick", action="store_true", help="a short form of each part")
    parser.add_argument("--share", metavar="NUMBER/WORKERS", help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    if set(told.part) - set(PARTS):
        parser.error(f"no such part; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="fuzz-home-") as home:
        os.environ.update(isolate_home(Path(home)))
        display = Xvfb() if Xvfb.installed() else None
        os.environ |= {"DISPLAY": display.display} if display else {"QT_QPA_PLATFORM": "offscreen"}
        try:
            if told.share:
                number, workers = (int(part) for part in told.share.split("/"))
                return 0 if kill_on_one_core(Share(number, workers), seed=None, quick=False) else 1
            return 0 if all(PARTS[name](seed=told.seed, quick=told.quick) for name in told.part or PARTS) else 1
        finally:
            if display is not None:
                display.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
