"""Which devices and runtimes this machine has. Nothing here loads onnxruntime at import time."""

from __future__ import annotations

import contextlib
import io
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Final

from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation.segmenter import DeviceKind

CUDA_PROVIDER: Final = "CUDAExecutionProvider"
CPU_PROVIDER: Final = "CPUExecutionProvider"
RUNTIME_PACKAGES: Final = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
_SMI_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Device:
    """A device that a person may choose; `name` is the hardware's."""

    kind: DeviceKind
    name: str


def installed_runtimes() -> dict[str, str]:
    """The installed packages that bring an `onnxruntime` module, with their versions. More than one is a fault."""
    found = {}
    for package in RUNTIME_PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def load_runtime() -> ModuleType:
    """The `onnxruntime` module, loaded at the first call.

    Raises `SegmentationError`: "runtime.missing", or "runtime.two" when two packages have overwritten each other.
    """
    try:
        module = import_module("onnxruntime")
    except ImportError as error:
        raise _no_runtime() from error
    if not hasattr(module, "InferenceSession"):
        raise _no_runtime()
    return module


def two_runtimes(runtimes: Mapping[str, str]) -> SegmentationError:
    """The error of more than one installed runtime; `runtimes` as `installed_runtimes` gives them."""
    listed = " and ".join(f"{name} {version}" for name, version in runtimes.items())
    wanted = "onnxruntime-gpu" if "onnxruntime-gpu" in runtimes else "onnxruntime"
    return SegmentationError("runtime.two", packages=listed, packages_words=" ".join(runtimes), wanted=wanted)


def _no_runtime() -> SegmentationError:
    runtimes = installed_runtimes()
    return two_runtimes(runtimes) if len(runtimes) > 1 else SegmentationError("runtime.missing")


def available_devices() -> tuple[Device, ...]:
    """The devices that may be chosen: the CPU, and CUDA where runtime and driver are there.

    Whether CUDA works is known once a segmenter has opened on it.
    """
    devices = [Device("cpu", cpu_name())] if find_spec("onnxruntime") is not None else []
    if not cuda_obstacle():
        devices.append(Device("cuda", nvidia_name() or "NVIDIA GPU"))
    return tuple(devices)


def cuda_obstacle() -> str:
    """Why CUDA cannot be tried here, as half a sentence; "" where runtime and driver are there."""
    runtimes = installed_runtimes()
    if not runtimes:
        return "onnxruntime is not installed"
    if len(runtimes) > 1:
        return f"{' and '.join(runtimes)} are both installed and break each other"
    if CUDA_PROVIDER not in load_runtime().get_available_providers():
        return f"the installed {next(iter(runtimes))} has no CUDA provider"
    return "" if nvidia_name() is not None else "no NVIDIA driver answers"


def preload_cuda() -> None:
    """Load CUDA's libraries from the nvidia wheels, where the runtime can. It prints; its words are dropped."""
    runtime = load_runtime()
    if hasattr(runtime, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()):
            runtime.preload_dlls()


@cache
def nvidia_name() -> str | None:
    """Name of the first NVIDIA GPU as its driver says it, or None where no driver answers."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SMI_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.strip().splitlines()
    return lines[0].strip() if lines else None


@cache
def cpu_name() -> str:
    """The processor's name as the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "CPU"
