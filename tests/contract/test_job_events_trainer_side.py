"""Jobs and events as the trainer keeps to them: the real process and its pipes (docs/formats.md, sections 2, 3)."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the [train] extra: torch is not installed here")

from tests.trainer.conftest import MakeJob, bundle, make_job, one_thread, write_data

__all__ = ["bundle", "make_job", "one_thread"]

ROOT = Path(__file__).parents[2]
FIELDS = {
    "hello": {"program", "version", "torch", "device", "device_name", "pid", "job", "base_digest"},
    "plan": {"steps", "train", "holdout", "replay", "batch"},
    "baseline": {"holdout_dice", "holdout_iou", "frames", "exams", "per_frame"},
    "step": {"step", "steps", "loss", "seconds", "seconds_left"},
    "evaluation": {"step", "train_dice", "holdout_dice"},
    "warning": {"code", "message"},
    "result": {"bundle", "digest", "holdout_dice", "baseline_dice", "per_frame", "gate"},
    "stopped": {"reason", "step"},
    "error": {"code", "message", "cure"},
}
OF_FIT = {
    "plan": {"epochs", "processes"},
    "step": {"epoch", "rate"},
    "evaluation": {"epoch", "loss", "holdout_iou", "recall", "precision", "empty_frames", "false_proposals"},
    "note": {"code", "message"},
    "result": {"checkpoint", "step", "finished"},
}
"""What `fit` tells beside the fields that the application reads."""
RECIPE = 'size = 32\nbatch = 2\n[[stages]]\nepochs = EPOCHS\nrate = 1e-3\n[architecture]\nname = "unet"\n' \
    "arguments = { widths = [4, 8] }\n"  # fmt: skip
Trainer = subprocess.Popen[str]


def start(job: Path, *, before: str = "", arguments: Sequence[str] = ()) -> Trainer:
    """`polyp-trainer finetune JOB` with pipes at both ends; `before` is a line of shell that goes first."""
    command = [sys.executable, "-m", "trainer.cli", "finetune", str(job), *arguments]
    if before:
        command = ["bash", "-c", f'{before}; exec "$@"', "bash", *command]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=job.parent, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture
def stop_at_end() -> Iterator[list[Trainer]]:
    """Processes put here have ended, and their pipes are closed, when the test has."""
    running: list[Trainer] = []
    yield running
    for process in running:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def events_of(text: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in text.splitlines()]
    assert all(event["protocol"] == 1 for event in events)
    return events


def run(job: Path, *, before: str = "") -> tuple[int, list[dict[str, Any]], str]:
    """The whole run, stdin held open until it ends by itself."""
    process = start(job, before=before)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    complaints: list[str] = []
    listener = threading.Thread(target=lambda: complaints.append(process.stderr.read()))  # type: ignore[union-attr]
    listener.start()
    told = process.stdout.read()
    code = process.wait(100)
    listener.join()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    return code, events_of(told), complaints[0]


def test_every_line_is_an_event_with_the_fields_of_its_type(make_job: MakeJob, tmp_path: Path) -> None:
    code, events, _ = run(make_job(train=4, holdout=2))
    assert code == 0
    assert [event["type"] for event in events if event["type"] not in ("step", "evaluation", "warning")] == [
        "hello", "plan", "baseline", "result"
    ]  # fmt: skip
    for event in events:
        assert set(event) >= FIELDS[event["type"]], event["type"]
    gate = events[-1]["gate"]
    assert gate["verdict"] in ("passes", "fails", "not enough evidence")
    assert {"reasons", "interval", "exams", "frames"} <= set(gate)
    assert events_of((tmp_path / "events.jsonl").read_text("utf-8")) == events
    card = (tmp_path / "new" / "card.json").read_bytes()
    assert events[-1]["digest"] == f"sha256:{hashlib.sha256(card).hexdigest()}"
    assert json.loads(card)["parent"] == events[0]["base_digest"]


def test_neither_prints_of_libraries_nor_an_empty_stdin_disturb_a_run(make_job: MakeJob) -> None:
    job = make_job()
    noisy = "import os, runpy, sys; sys.argv = ['polyp-trainer', 'finetune', sys.argv[1]]\n" \
        "from trainer.training.prediction import predict as kept\n" \
        "def loud(*a, **k):\n    print('print'); os.write(1, b'raw'); return kept(*a, **k)\n" \
        "import trainer.finetune; trainer.finetune.predict = loud\nimport trainer.cli; trainer.cli.main()"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", noisy, str(job)], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert events_of(done.stdout)[-1]["type"] == "result"
    assert "print" in done.stderr


@pytest.mark.parametrize("how", ["line", "end of file"])
def test_a_stop_ends_the_run_within_one_step_and_leaves_nothing(
    make_job: MakeJob, tmp_path: Path, stop_at_end: list[Trainer], how: str
) -> None:
    process = start(make_job(steps=100_000))
    stop_at_end.append(process)
    assert process.stdin is not None
    assert process.stdout is not None
    asked_at, events = None, []
    for line in process.stdout:
        events += events_of(line)
        if events[-1]["type"] == "step" and asked_at is None:
            asked_at = events[-1]["step"]
            if how == "line":
                process.stdin.write('{"type": "stop"}\n')
                process.stdin.flush()
            else:
                process.stdin.close()
    assert process.wait(60) == 3
    assert events[-1]["type"] == "stopped"
    assert asked_at is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "job"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schema": "polypviewer/job/99"}, "job.schema"),
        ({"device": "cuda"}, "device.no_cuda"),
        ({"base": {"path": "/nowhere", "digest": "sha256:0"}}, "bundle.missing"),
    ],
    ids=["schema", "device", "base"],
)
def test_a_job_that_cannot_run_is_one_error_event_and_exit_one(
    make_job: MakeJob, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    import torch

    if code == "device.no_cuda" and torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    exit_code, events, complaint = run(make_job(**changes))
    assert (exit_code, events[-1]["type"], events[-1]["code"]) == (1, "error", code)
    assert events[-1]["cure"].endswith(".")
    assert "Traceback" not in complaint
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.name != "posix", reason="limits of file sizes are a POSIX thing")
def test_a_disk_that_is_full_when_the_bundle_is_written_is_told_and_leaves_nothing(
    make_job: MakeJob, tmp_path: Path
) -> None:
    code, events, complaint = run(make_job(), before="trap '' XFSZ; ulimit -f 12")
    assert (code, events[-1]["type"], events[-1]["code"]) == (1, "error", "disk.write"), complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.jsonl", "job"]


def start_fit(tmp_path: Path, *, epochs: int) -> Trainer:
    """`polyp-trainer fit --protocol` on ten small frames, with pipes at both ends."""
    write_data(tmp_path / "data", frames=10)
    (tmp_path / "r.toml").write_text(RECIPE.replace("EPOCHS", str(epochs)), "utf-8")
    command = [sys.executable, "-m", "trainer.cli", "fit", "--data", "data", "--recipe", "r.toml", "--out", "run"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*command, "--protocol"], cwd=tmp_path, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def test_a_fit_speaks_the_same_protocol_and_says_more(tmp_path: Path, stop_at_end: list[Trainer]) -> None:
    process = start_fit(tmp_path, epochs=2)
    stop_at_end.append(process)
    assert process.stdout is not None
    events = events_of(process.stdout.read())
    assert process.wait(60) == 0
    assert {event["type"] for event in events} >= {"hello", "plan", "step", "evaluation", "result"}
    for event in events:
        assert set(event) >= FIELDS.get(event["type"], set()) | OF_FIT.get(event["type"], set()), event["type"]
    assert (events[-1]["type"], events[-1]["finished"]) == ("result", True)
    assert events_of((tmp_path / "run" / "events.jsonl").read_text("utf-8")) == events


def test_a_fit_that_is_asked_to_stop_leaves_a_checkpoint_to_go_on_from(
    tmp_path: Path, stop_at_end: list[Trainer]
) -> None:
    process = start_fit(tmp_path, epochs=100_000)
    stop_at_end.append(process)
    assert process.stdin is not None
    assert process.stdout is not None
    events: list[dict[str, Any]] = []
    for line in process.stdout:
        events += events_of(line)
        if events[-1]["type"] == "step" and events[-1]["step"] == 3:
            process.stdin.write('{"type": "stop"}\n')
            process.stdin.flush()
    assert process.wait(60) == 3
    assert events[-1]["type"] == "stopped"
    assert (tmp_path / "run" / "last.pt").is_file()
