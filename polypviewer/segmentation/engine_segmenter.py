"""The segmenter in another process: pixels in a memory-mapped file that this side owns, control lines over pipes.

A crash, a hang or an out-of-memory of the engine is one error of one proposal; the next one starts a new process.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import SegmentationError
from polypviewer.core.proposal import Proposal
from polypviewer.segmentation.bundle import ModelBundle
from polypviewer.segmentation.engine_process import Deadline, EngineProcess, Message
from polypviewer.segmentation.segmenter import AskedDevice, DeviceReport, Request, framed, proposed

PROTOCOL: Final = "polypviewer/engine/1"
START_SECONDS: Final = 90.0
"""PyTorch and CUDA need 5 to 40 s before their first line on a cold disk."""
REPLY_SECONDS: Final = 30.0
STOP_SECONDS: Final = 2.0
_PAGE: Final = 4096


class EngineSegmenter:
    """Proposes masks through an engine process (`polyp-trainer serve`). Not thread-safe, but any thread may `kill`."""

    def __init__(
        self,
        bundle: ModelBundle,
        command: Sequence[str],
        *,
        device: AskedDevice = "auto",
        start_seconds: float = START_SECONDS,
        reply_seconds: float = REPLY_SECONDS,
    ) -> None:
        """Start the engine and shake hands.

        `command`: what `--bundle`, `--device` and `--frames` are appended to, such as `["polyp-trainer", "serve"]`.
        Raises `SegmentationError`: "engine.not_started", ".hung", ".died", ".handshake", ".refused", "device.no_cuda".
        """
        self.bundle = bundle
        self._asked = device
        self._command = tuple(command)
        self._limits = (start_seconds, reply_seconds)
        self._requests = 0
        self._closed = False
        self._pixels = _FrameFile(bundle)
        self._process: EngineProcess | None = None
        try:
            self._process, self.device = self._started()
        except BaseException:
            self._pixels.close()
            raise

    @property
    def pid(self) -> int | None:
        """The engine's process id; None while none runs."""
        return None if self._process is None else self._process.pid

    def propose(self, request: Request) -> Proposal:
        """The proposal for a frame, at frame geometry; starts a new engine if the last one failed.

        Raises `SegmentationError`; after "engine.hung", ".died", ".memory" and ".bad_reply" the process is gone.
        """
        if self._closed:
            raise SegmentationError("segmenter.closed")
        ready = framed(request, self.bundle)
        if self._process is None:
            self._process, self.device = self._started()
        self._pixels.image[:] = ready.tensor
        try:
            self._ask(self._process)
        except SegmentationError as error:
            if error.code != "engine.refused":
                self._give_up()
            raise
        return proposed(self._pixels.probability.copy(), ready, request=request, bundle=self.bundle, device=self.device)

    def kill(self) -> None:
        """End the engine now, from any thread, without waiting; a proposal that waits for it fails at once."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the engine in order (at most two seconds) and remove the frame file."""
        self._closed = True
        process, self._process = self._process, None
        if process is not None:
            process.stop(seconds=STOP_SECONDS)
        self._pixels.close()

    def _started(self) -> tuple[EngineProcess, DeviceReport]:
        arguments = ["--bundle", str(self.bundle.folder), "--device", self._asked, "--frames", str(self._pixels.path)]
        process = EngineProcess([*self._command, *arguments])
        try:
            hello = process.receive(seconds=self._limits[0])
            return process, _checked(hello, bundle=self.bundle, asked=self._asked)
        except BaseException:
            process.kill()
            process.stop(seconds=STOP_SECONDS)
            raise

    def _ask(self, process: EngineProcess) -> None:
        """Send one request for the frame that lies in the file, and wait for the answer with its id."""
        self._requests += 1
        number = self._requests
        tensor = {"name": "image", "dtype": "uint8", "shape": list(self._pixels.image.shape), "offset": 0}
        reply_offset = self._pixels.reply_offset
        process.send({"id": number, "type": "propose", "tensors": [tensor], "reply_offset": reply_offset})
        deadline = Deadline(self._limits[1])
        while True:
            try:
                reply = process.receive(seconds=deadline.left)
            except SegmentationError as error:
                if error.code == "engine.hung":
                    raise SegmentationError("engine.hung", seconds=self._limits[1]) from error
                raise
            if reply.get("id") == number:
                _check_reply(reply, shape=self._pixels.probability.shape, offset=reply_offset)
                return

    def _give_up(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.stop(seconds=STOP_SECONDS)


class _FrameFile:
    """The memory-mapped file: the image first, the answer on the next page."""

    def __init__(self, bundle: ModelBundle) -> None:
        shape = (1, bundle.card.height, bundle.card.width, 3)
        answer = (1, 1, bundle.card.height, bundle.card.width)
        size = int(np.prod(shape))
        self.reply_offset = -(-size // _PAGE) * _PAGE
        descriptor, name = tempfile.mkstemp(prefix="polypviewer-frames-")
        self.path = Path(name)
        try:
            os.ftruncate(descriptor, self.reply_offset + 4 * int(np.prod(answer)))
            self._map = mmap.mmap(descriptor, 0)
        except OSError as error:
            self.path.unlink(missing_ok=True)
            raise SegmentationError("engine.not_started", reason=error.strerror or str(error)) from error
        finally:
            os.close(descriptor)
        self.image: NDArray[np.uint8] = np.frombuffer(self._map, np.uint8, size).reshape(shape)
        self.probability: NDArray[np.float32] = np.frombuffer(
            self._map, np.float32, int(np.prod(answer)), self.reply_offset
        ).reshape(answer)

    def close(self) -> None:
        """Unmap and remove the file. May be called twice."""
        self.image = np.zeros((0, 0, 0, 3), np.uint8)
        self.probability = np.zeros((0, 1, 0, 0), np.float32)
        with contextlib.suppress(BufferError):
            self._map.close()
        self.path.unlink(missing_ok=True)


def _checked(hello: Message, *, bundle: ModelBundle, asked: AskedDevice) -> DeviceReport:
    """The device of a hand-shake. Raises `SegmentationError` if the engine is not the one that was asked for."""
    if hello.get("type") == "error":
        raise _refusal(hello)
    if hello.get("protocol") != PROTOCOL or hello.get("type") != "hello":
        raise _misfit(f"it speaks {hello.get('protocol')!r} instead of {PROTOCOL!r}")
    if hello.get("bundle_digest") != bundle.digest:
        raise _misfit(f"it loaded the bundle {hello.get('bundle_digest')} instead of {bundle.digest}")
    ran, name = hello.get("device"), hello.get("device_name")
    if ran not in ("cpu", "cuda") or not isinstance(name, str):
        raise _misfit(f"it runs on the device {ran!r}")
    if asked not in ("auto", ran):
        cure = "Choose the device cpu, or auto."
        raise SegmentationError("device.no_cuda", reason=f"the engine runs on {name}", cure=cure)
    return DeviceReport(asked, ran, name)


def _check_reply(reply: Message, *, shape: tuple[int, ...], offset: int) -> None:
    if reply.get("type") == "error":
        raise _refusal(reply)
    tensors = reply.get("tensors")
    wanted = {"name": "probability", "dtype": "float32", "shape": list(shape), "offset": offset}
    given = tensors if isinstance(tensors, list) else []
    if reply.get("type") != "reply" or not any(isinstance(t, dict) and wanted.items() <= t.items() for t in given):
        raise SegmentationError("engine.bad_reply", reason="no probability of the asked size")


def _refusal(message: Message) -> SegmentationError:
    cure = str(message.get("cure") or "Choose the device cpu.")
    code = "engine.memory" if message.get("code") == "engine.memory" else "engine.refused"
    return SegmentationError(code, message=str(message.get("message") or message.get("code")), cure=cure)


def _misfit(reason: str) -> SegmentationError:
    return SegmentationError("engine.handshake", reason=reason)
