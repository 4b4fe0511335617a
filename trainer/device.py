"""The device a run really uses, and the precision it computes in."""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from trainer.errors import DeviceError


def choose_device(name: str) -> torch.device:
    """`auto` takes CUDA where there is one; asking for `cuda` where there is none raises DeviceError.

    It never falls back silently: who asked for a device gets it or is told.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise DeviceError("device.unknown", f"There is no device called '{name}'.", "Choose auto, cpu or cuda.")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise DeviceError(
            "device.no_cuda",
            "CUDA was asked for, but this PyTorch sees no CUDA device.",
            "Install a CUDA build of PyTorch and a driver, or choose --device cpu.",
        )
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def device_name(device: torch.device) -> str:
    """The name people know the device by."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8", "replace").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "CPU"


def is_out_of_memory(error: RuntimeError) -> bool:
    """CUDA says so by type; the CPU's allocator by its words."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    told = str(error).lower()
    return "not enough memory" in told or "can't allocate memory" in told or "out of memory" in told


def mixed_precision(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """bfloat16 where the device computes in it natively (`auto`) or on demand (`bf16`); else float32."""
    native = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_has_bf16()
    if precision == "bf16" or (precision == "auto" and native):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def _cpu_has_bf16() -> bool:
    supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return bool(supported()) if supported is not None else False
