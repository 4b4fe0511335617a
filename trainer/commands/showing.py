"""What people see of a run on stderr: a bar with loss, Dice and time left, and a line for whatever else is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

Event = Mapping[str, object]


class Showing:
    """Shows events as they come. On a terminal steps move a bar; elsewhere only judgements and messages are lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._dice = ""
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("training", total=None, told="")

    def event(self, event: Event) -> None:
        """Show one event."""
        kind = str(event["type"])
        if kind == "step":
            self._bar.start()
            self._bar.update(
                self._task, total=_number(event, "steps"), completed=_number(event, "step"),
                told=f"loss {_number(event, 'loss'):.4f}{self._dice}, {_duration(event)} left",
            )  # fmt: skip
            return
        if kind == "evaluation" and event.get("holdout_dice") is not None:
            self._dice = f", Dice {_number(event, 'holdout_dice'):.4f}"
        if kind in ("result", "stopped", "error"):
            self.close()
        line = sentence(event)
        if line:
            self._console.print(line, soft_wrap=True, markup=False, highlight=False)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()


def sentence(event: Event) -> str:
    """One event in words; empty for those that people need not read."""
    kind = event["type"]
    if kind in ("warning", "note"):
        return f"{event['message']}"
    if kind == "error":
        return f"{event['message']} {event['cure']}"
    if kind == "stopped":
        return f"Stopped after step {event['step']}: {event['reason']}."
    if kind == "hello":
        return f"polyp-trainer {event['version']} on {event['device']} ({event['device_name']})"
    if kind == "plan":
        return f"{event['steps']} steps of {event['batch']} frames; {event['train']} train, {event['holdout']} judge."
    if kind == "evaluation":
        return _judgement(event)
    return f"Done: {event.get('checkpoint') or event.get('bundle')}" if kind == "result" else ""


def _judgement(event: Event) -> str:
    names = {
        "epoch": "epoch", "loss": "loss", "holdout_dice": "Dice", "holdout_iou": "IoU", "recall": "recall",
        "precision": "precision", "false_proposals": "false proposals",
    }  # fmt: skip
    told = [f"{word} {_short(event[name])}" for name, word in names.items() if event.get(name) is not None]
    return f"step {event['step']}: " + ", ".join(told)


def _short(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _number(event: Event, name: str) -> float:
    value = event.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _duration(event: Event) -> str:
    return str(timedelta(seconds=round(_number(event, "seconds_left"))))
