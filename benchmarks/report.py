"""What a benchmark prints: figures beside the bar we set ourselves, a named peer and the physical limit."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

__all__ = ["ROOT", "Better", "Figure", "Row", "exact_range", "median", "note", "percentile", "print_report", "timed"]

ROOT = Path(__file__).parents[1]
Better = Literal["lower", "higher"]


class Row(TypedDict, total=False):
    """One figure as it stands in the JSON object."""

    ours: float | None
    bar: float | None
    peer: float | None
    peer_name: str | None
    limit: float | None
    ratio: float | None
    better: Better
    ok: bool | None
    goal: float
    interval: tuple[float, float]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number. What could not be measured is None, and `why` says so in one sentence.

    `bar`: what we have to keep to; `goal`: what we would like to reach beyond it. `interval`: 95 %, where one is known.
    """

    ours: float | None
    better: Better
    bar: float | None = None
    goal: float | None = None
    interval: tuple[float, float] | None = None
    peer: float | None = None
    peer_name: str | None = None
    limit: float | None = None
    why: str | None = None

    def __post_init__(self) -> None:
        if self.ours is None and not self.why:
            raise ValueError("a figure that was not measured says why")
        if self.peer_name is not None and self.peer is None and not self.why:
            raise ValueError(f"{self.peer_name} was not measured: say why")

    @property
    def ratio(self) -> float | None:
        """How many times better we are than the peer (above 1), or worse (below 1)."""
        if not self.ours or not self.peer:
            return None
        return self.peer / self.ours if self.better == "lower" else self.ours / self.peer

    @property
    def ok(self) -> bool | None:
        """Whether we keep to our bar; None where either was not given."""
        if self.ours is None or self.bar is None:
            return None
        return self.ours <= self.bar if self.better == "lower" else self.ours >= self.bar

    def row(self) -> Row:
        row: Row = {
            "ours": _short(self.ours),
            "bar": _short(self.bar),
            "peer": _short(self.peer),
            "peer_name": self.peer_name,
            "limit": _short(self.limit),
            "ratio": _short(self.ratio),
            "better": self.better,
            "ok": self.ok,
        }
        if self.goal is not None:
            row["goal"] = self.goal
        if self.interval is not None:
            row["interval"] = self.interval
        if self.why:
            row["why"] = self.why
        return row


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def machine() -> str:
    """Processor, cores and system, in words; no host name, for it may name a person or a hospital."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = platform.python_version()
    return f"{_processor()}, {cores} cores, {platform.system()} {platform.machine()}, Python {python}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def commit() -> str:
    """The short hash of the checkout, with "+" where files differ from it; "unknown" outside a checkout."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode != 0:
        return "unknown"
    dirty = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def print_report(benchmark: str, figures: Mapping[str, Figure]) -> None:
    """Print the one JSON object, as the last line of standard output."""
    report = {
        "benchmark": benchmark,
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": commit(),
        "figures": {name: figure.row() for name, figure in figures.items()},
    }
    print(json.dumps(report, ensure_ascii=False), flush=True)


def note(text: str) -> None:
    """Tell a person who watches what is being measured; standard output is for the report."""
    sys.stderr.write(f"{text}\n")


def percentile(values: list[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0-1] of them do not exceed (nearest rank)."""
    ranked = sorted(values)
    rank = max(1, -(-len(ranked) * share // 1))
    return ranked[int(rank) - 1]


def median(values: list[float]) -> float:
    """The middle of `values`; the lower of the two middle ones where their number is even."""
    return percentile(values, 0.5)


def exact_range(values: list[float]) -> str:
    """How far repeated measurements lay apart, for a note beside the median."""
    return f"{min(values):.3g} to {max(values):.3g} in {len(values)} runs"


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Append the wall time in seconds of the block to `into`."""
    start = time.perf_counter()
    yield
    into.append(time.perf_counter() - start)
