"""`polyp-trainer serve`: the engine (`polypviewer/engine/1`, docs/formats.md section 4).

Control goes over the pipe, pixels through a file that the application owns and both sides map. The end of stdin ends
the process, however the application ended.
"""

from __future__ import annotations

import json
import mmap
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from numpy.typing import NDArray

from trainer.bundle import Bundle, load_network, read_bundle
from trainer.device import choose_device, device_name, is_out_of_memory, mixed_precision
from trainer.errors import SurroundingsError, TrainerError
from trainer.events import ENGINE_PROTOCOL, say
from trainer.export import Shipped

MEMORY_CURE = "Close other programs on the GPU, choose a smaller model, or choose the device cpu."
CURE = "Start the engine again; if it stays, update both programs together."

Propose = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
Message = Mapping[str, object]


class RequestError(TrainerError):
    """A request that cannot be answered; the engine goes on."""


def serve(folder: Path, *, device: str, frames: Path, requests: TextIO, replies: TextIO) -> None:
    """Answer requests until stdin ends or says stop. Raises TrainerError before the first one if it cannot begin."""
    chosen = choose_device(device)
    bundle = read_bundle(folder)
    propose = engine_of(bundle, chosen)
    with _mapped(frames) as memory:
        hello = {
            "protocol": ENGINE_PROTOCOL, "type": "hello", "bundle_digest": bundle.digest, "device": chosen.type,
            "device_name": device_name(chosen), "pid": os.getpid(),
        }  # fmt: skip
        say(replies, hello)
        for line in requests:
            reply = answer(line, propose, memory, size=bundle.size)
            if reply is None:
                return
            say(replies, reply)


def engine_of(bundle: Bundle, device: torch.device) -> Propose:
    """The network as a function of `(n, h, w, 3)` uint8 frames, float32 out; warmed up, so the first frame is quick."""
    shipped = Shipped(load_network(bundle), temperature=bundle.temperature).eval()
    shipped = shipped.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    precision = "auto" if device.type == "cuda" else "float32"

    def run(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode(), mixed_precision(device, precision):
            return np.asarray(shipped(torch.from_numpy(images).to(device)).float().cpu().numpy(), np.float32)

    propose = within_memory(run)
    propose(np.zeros((1, *bundle.size, 3), np.uint8))
    return propose


def within_memory(run: Propose) -> Propose:
    """The same in halves where memory does not suffice; RequestError ("engine.memory") when one frame is too much."""

    def propose(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            return run(images)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).splitlines()[0].rstrip(".")
        # Outside the handler: its traceback would hold on to the tensors that fill the memory.
        torch.cuda.empty_cache()
        if len(images) == 1:
            raise RequestError("engine.memory", f"One frame does not fit: {reason}.", MEMORY_CURE)
        half = len(images) // 2
        return np.concatenate([propose(images[:half]), propose(images[half:])])

    return propose


def answer(line: str, propose: Propose, memory: mmap.mmap, *, size: tuple[int, int]) -> Message | None:
    """The reply to one request line; None when it asks to stop. An error is a reply too."""
    number: object = None
    try:
        request = json.loads(line)
        if not isinstance(request, dict):
            raise RequestError("engine.request", "A request is one JSON object.", CURE)
        number = request.get("id")
        if request.get("type") == "stop":
            return None
        return _proposed(request, propose, memory, size=size)
    except json.JSONDecodeError:
        return _refusal(number, RequestError("engine.request", "A request is one JSON object.", CURE))
    except TrainerError as error:
        return _refusal(number, error)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        return _refusal(number, RequestError("engine.failed", f"The network failed: {reason}.", CURE))


def _proposed(request: Message, propose: Propose, memory: mmap.mmap, *, size: tuple[int, int]) -> Message:
    if request.get("type") != "propose":
        raise RequestError("engine.request", f"'{request.get('type')}' is not known here.", CURE)
    images = _read_image(request, memory, size=size)
    started = time.perf_counter()
    probability = propose(images)
    milliseconds = (time.perf_counter() - started) * 1000
    offset = _offset(request.get("reply_offset"), probability.nbytes, memory)
    memory[offset : offset + probability.nbytes] = probability.tobytes()
    tensor = {"name": "probability", "dtype": "float32", "shape": list(probability.shape), "offset": offset}
    return {"id": request.get("id"), "type": "reply", "tensors": [tensor], "ms": round(milliseconds, 2)}


def _read_image(request: Message, memory: mmap.mmap, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """`(n, h, w, 3)` uint8, copied, so that a late write by the application cannot change it half way."""
    tensors = request.get("tensors")
    named = [entry for entry in tensors if isinstance(entry, dict)] if isinstance(tensors, list) else []
    entry = next((entry for entry in named if entry.get("name") == "image"), None)
    if entry is None:
        raise RequestError("engine.request", "The request holds no tensor 'image'.", CURE)
    shape = entry.get("shape")
    if entry.get("dtype") != "uint8" or not isinstance(shape, list) or len(shape) != 4 or shape[1:] != [*size, 3]:
        wanted = f"uint8 [N, {size[0]}, {size[1]}, 3]"
        raise RequestError("engine.shape", f"The tensor 'image' is {entry.get('dtype')} {shape}, not {wanted}.", CURE)
    count = int(np.prod(shape))
    offset = _offset(entry.get("offset"), count, memory)
    return np.frombuffer(memory[offset : offset + count], np.uint8).reshape(shape).copy()


def _offset(value: object, count: int, memory: mmap.mmap) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or count < 1 or not 0 <= value <= len(memory) - count:
        raise RequestError("engine.offset", f"{count} bytes at {value} are not inside the frames file.", CURE)
    return value


def _refusal(number: object, error: TrainerError) -> Message:
    return {"id": number, "type": "error", "code": error.code, "message": error.message, "cure": error.cure}


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("r+b") as file:
            return mmap.mmap(file.fileno(), 0)
    except (OSError, ValueError) as error:
        raise SurroundingsError("engine.frames", f"The frames file {path} cannot be mapped: {error}.", CURE) from error
