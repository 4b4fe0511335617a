"""What people see of a run: words, not JSON."""

import io
import json
from typing import Any

from rich.console import Console

from trainer.commands.showing import Showing, sentence

STEP = {"type": "step", "step": 3, "steps": 9, "loss": 0.51234, "seconds": 1.0, "seconds_left": 75.0}
JUDGED = {"type": "evaluation", "step": 9, "epoch": 1, "loss": 0.5, "holdout_dice": 0.81234, "holdout_iou": 0.7,
          "recall": 0.9, "precision": None, "false_proposals": 2}  # fmt: skip


def shown(events: list[dict[str, Any]], *, terminal: bool) -> str:
    stream = io.StringIO()
    showing = Showing(Console(file=stream, force_terminal=terminal, width=120, no_color=True))
    for event in events:
        showing.event(event)
    showing.close()
    return stream.getvalue()


def test_a_file_gets_lines_for_judgements_and_none_for_steps() -> None:
    told = shown([STEP, JUDGED, {"type": "result", "checkpoint": "run/best.pt"}], terminal=False)
    assert told.splitlines() == [
        "step 9: epoch 1, loss 0.5000, Dice 0.8123, IoU 0.7000, recall 0.9000, false proposals 2", "Done: run/best.pt"
    ]  # fmt: skip


def test_a_terminal_gets_a_bar_with_loss_dice_and_the_time_that_is_left() -> None:
    told = shown([JUDGED, STEP, {"type": "stopped", "step": 3, "reason": "Ctrl+C"}], terminal=True)
    assert "loss 0.5123, Dice 0.8123, 0:01:15 left" in told
    assert "3/9" in told
    assert "Stopped after step 3: Ctrl+C." in told


def test_an_error_is_its_sentence_and_its_cure_on_one_line() -> None:
    message = "The folder " + "x" * 200 + " holds no images."
    told = shown([{"type": "error", "code": "data.empty", "message": message, "cure": "Lay it out."}], terminal=False)
    assert told == f"{message} Lay it out.\n"


def test_words_in_brackets_are_not_taken_for_colours() -> None:
    assert shown([{"type": "warning", "code": "x", "message": "shares [1.0, red]"}], terminal=False).strip() == (
        "shares [1.0, red]"
    )


def test_nothing_that_is_told_is_json() -> None:
    hello = {"type": "hello", "version": "1", "device": "cpu", "device_name": "CPU"}
    plan = {"type": "plan", "steps": 1, "batch": 2, "train": 3, "holdout": 4}
    for event in (hello, plan, STEP, JUDGED):
        assert json.dumps(event) not in sentence(event)
