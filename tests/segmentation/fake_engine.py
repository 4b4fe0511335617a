"""A small engine that speaks `polypviewer/engine/1` and misbehaves as told; its probability is the red channel / 255.

`python fake_engine.py BEHAVIOUR --bundle DIR --device D --frames FILE`; "crash@2" waits for request 2.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
import time
from pathlib import Path

import numpy as np

FOREVER = 600.0


def main() -> None:
    behaviour, when = (sys.argv[1].partition("@")[0], int(sys.argv[1].partition("@")[2] or 1))
    option = dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    with Path(option["--frames"]).open("r+b") as file, mmap.mmap(file.fileno(), 0) as frames:
        say(greeting(behaviour, Path(option["--bundle"])))
        for count, line in enumerate(sys.stdin, start=1):
            request = json.loads(line)
            if request["type"] == "stop":
                return
            if count >= when:
                misbehave(behaviour, request)
            answer(frames, request)


def greeting(behaviour: str, bundle: Path) -> dict[str, object]:
    digest = "sha256:" + hashlib.sha256((bundle / "card.json").read_bytes()).hexdigest()
    hello: dict[str, object] = {
        "protocol": "polypviewer/engine/1", "type": "hello", "bundle_digest": digest, "device": "cpu",
        "device_name": "fake", "pid": os.getpid(), "colour": "ignored",
    }  # fmt: skip
    if behaviour == "mute":
        time.sleep(FOREVER)
    if behaviour == "dies_at_start":
        sys.exit("ImportError: No module named 'torch'")
    wrong: dict[str, dict[str, object]] = {
        "other_protocol": {"protocol": "polypviewer/engine/2"},
        "other_bundle": {"bundle_digest": "sha256:00"},
        "other_device": {"device": "tpu"},
        "cuda": {"device": "cuda", "device_name": "NVIDIA fake"},
        "refuses": {"type": "error", "code": "device.memory", "message": "Too little memory.", "cure": "Use the CPU."},
    }
    return hello | wrong.get(behaviour, {})


def misbehave(behaviour: str, request: dict[str, object]) -> None:
    number = request["id"]
    if behaviour == "crash":
        print("Segmentation fault.", file=sys.stderr, flush=True)
        os._exit(9)
    if behaviour == "hang":
        time.sleep(FOREVER)
    if behaviour == "garbage":
        sys.stdout.write("Loading weights...\n")
    if behaviour == "stale":
        say({"id": 0, "type": "reply", "tensors": []})
    if behaviour == "no_tensor":
        say({"id": number, "type": "reply", "tensors": []})
    if behaviour == "memory":
        say({"id": number, "type": "error", "code": "engine.memory", "message": "2 GiB.", "cure": "Use the CPU."})
    if behaviour == "error":
        say({"id": number, "type": "error", "code": "engine.frame", "message": "Bad frame.", "cure": "Skip it."})


def answer(frames: mmap.mmap, request: dict[str, object]) -> None:
    tensors, offset = request["tensors"], request["reply_offset"]
    assert isinstance(tensors, list)
    assert isinstance(offset, int)
    (image,) = tensors
    pixels = np.frombuffer(frames, np.uint8, int(np.prod(image["shape"])), image["offset"]).reshape(image["shape"])
    probability = np.ascontiguousarray(pixels[..., :1].transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255)
    frames[offset : offset + probability.nbytes] = probability.tobytes()
    tensor = {"name": "probability", "dtype": "float32", "shape": list(probability.shape), "offset": offset}
    say({"id": request["id"], "type": "reply", "tensors": [tensor], "ms": 1.0})


def say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
