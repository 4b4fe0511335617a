"""The engine as the trainer keeps to its protocol: the real process, pipe and file (docs/formats.md, section 4)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="needs the [train] extra: torch is not installed here")

from tests.trainer.conftest import bundle, one_thread
from trainer.bundle import Bundle
from trainer.export import open_onnx, run_onnx

__all__ = ["bundle", "one_thread"]

ROOT = Path(__file__).parents[2]
PIXELS = 64 * 64 * 3
REPLY_OFFSET = 3 * 4096


def command(bundle: Bundle, frames: Path, device: str = "cpu") -> list[str]:
    arguments = ["--bundle", str(bundle.folder), "--device", device, "--frames", str(frames)]
    return [sys.executable, "-m", "trainer.cli", "serve", *arguments]


class Engine:
    """One real engine, its frames file, and one question at a time."""

    def __init__(self, bundle: Bundle, frames: Path) -> None:
        self.frames = frames
        frames.write_bytes(bytes(REPLY_OFFSET + 4 * 64 * 64))
        pipe = subprocess.PIPE
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command(bundle, frames), cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        self.hello = self.line()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def ask(self, text: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.line()

    def propose(self, image: NDArray[np.uint8], number: int) -> NDArray[np.float32]:
        with self.frames.open("r+b") as file:
            file.write(image.tobytes())
        reply = self.ask(json.dumps(request(number)))
        assert (reply["id"], reply["type"]) == (number, "reply")
        (tensor,) = reply["tensors"]
        assert (tensor["name"], tensor["dtype"], tensor["shape"]) == ("probability", "float32", [1, 1, 64, 64])
        return np.fromfile(self.frames, np.float32, 64 * 64, offset=tensor["offset"]).reshape(1, 1, 64, 64)

    def end(self) -> int:
        self.process.communicate(timeout=30)
        return self.process.returncode


def request(number: int, **changes: Any) -> dict[str, Any]:
    tensor = {"name": "image", "dtype": "uint8", "shape": [1, 64, 64, 3], "offset": 0} | changes
    return {"id": number, "type": "propose", "tensors": [tensor], "reply_offset": REPLY_OFFSET}


@pytest.fixture
def engine(bundle: Bundle, tmp_path: Path) -> Iterator[Engine]:
    """A running engine; it has ended when the test has."""
    running = Engine(bundle, tmp_path / "frames.bin")
    yield running
    running.process.kill()
    running.process.communicate()


def test_the_engine_answers_what_the_network_answers(engine: Engine, bundle: Bundle) -> None:
    hello = engine.hello
    assert (hello["protocol"], hello["type"], hello["device"]) == ("polypviewer/engine/1", "hello", "cpu")
    assert (hello["bundle_digest"], hello["pid"]) == (bundle.digest, engine.process.pid)
    session = open_onnx(bundle.folder / "model.onnx")
    for number in (7, 8):
        image = np.random.default_rng(number).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
        assert np.abs(engine.propose(image, number) - run_onnx(session, image)).max() <= 1e-3


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (json.dumps(request(1, shape=[1, 32, 32, 3])), "engine.shape"),
        (json.dumps(request(1, dtype="float32")), "engine.shape"),
        (json.dumps(request(1, shape=[10**9, 64, 64, 3])), "engine.offset"),
        (json.dumps(request(1, offset=-1)), "engine.offset"),
        (json.dumps(request(1) | {"reply_offset": 10**12}), "engine.offset"),
        (json.dumps(request(1) | {"tensors": []}), "engine.request"),
        (json.dumps({"id": 1, "type": "embed"}), "engine.request"),
        ("no json", "engine.request"),
        ("[]", "engine.request"),
    ],
    ids=["size", "dtype", "batch", "offset", "reply", "no tensor", "type", "no json", "list"],
)
def test_a_bad_request_is_refused_and_the_next_one_answered(engine: Engine, line: str, code: str) -> None:
    reply = engine.ask(line)
    assert (reply["type"], reply["code"]) == ("error", code)
    assert reply["cure"].endswith(".")
    engine.propose(np.zeros((1, 64, 64, 3), np.uint8), 2)


def test_the_engine_ends_with_its_stdin(engine: Engine) -> None:
    assert engine.end() == 0


def test_the_engine_ends_when_told_to_stop(engine: Engine) -> None:
    assert engine.process.stdin is not None
    engine.process.stdin.write('{"type": "stop"}\n')
    engine.process.stdin.flush()
    assert engine.process.wait(30) == 0


@pytest.mark.parametrize("trouble", ["no frames file", "no bundle", "no cuda"])
def test_an_engine_that_cannot_begin_says_why_in_one_line(bundle: Bundle, tmp_path: Path, trouble: str) -> None:
    import torch

    if trouble == "no cuda" and torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    frames = tmp_path / "frames.bin"
    if trouble != "no frames file":
        frames.write_bytes(bytes(9))
    asked = command(bundle, frames, device="cuda" if trouble == "no cuda" else "cpu")
    if trouble == "no bundle":
        asked[asked.index("--bundle") + 1] = str(tmp_path)
    done = subprocess.run(
        asked, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    (line,) = done.stdout.splitlines()
    assert (done.returncode, json.loads(line)["type"]) == (1, "error")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
