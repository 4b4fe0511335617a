"""What `polypviewer doctor` reports about the runtimes that models need."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence

from polypviewer.core.check import Check
from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation.bundle import BundleSearch
from polypviewer.segmentation.devices import (
    CUDA_PROVIDER,
    cpu_name,
    installed_runtimes,
    load_runtime,
    nvidia_name,
    two_runtimes,
)

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 13)


def runtime_checks() -> tuple[Check, ...]:
    """Python, ONNX Runtime and its providers, the NVIDIA driver, and whether CUDA can be used."""
    runtimes = installed_runtimes()
    driver = nvidia_name()
    providers = _providers() if runtimes else ()
    return (
        python_check(sys.version_info[:2]),
        runtime_check(runtimes),
        cuda_check(runtimes, providers=providers, driver=driver),
        Check("processor", "ok", cpu_name()),
    )


def python_check(version: tuple[int, int]) -> Check:
    """Whether the running Python is one that is tested."""
    detail = f"Python {platform.python_version()} on {platform.platform(terse=True)}"
    if OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return Check("python", "ok", detail)
    return Check("python", "warning", detail, "Use Python 3.11, 3.12 or 3.13.")


def runtime_check(runtimes: Mapping[str, str]) -> Check:
    """`runtimes`: versions by package, as `installed_runtimes` gives them."""
    listed = " and ".join(f"{name} {version}" for name, version in runtimes.items())
    if not runtimes:
        cure = SegmentationError("runtime.missing").cure
        return Check("onnxruntime", "error", "no onnxruntime is installed", cure)
    if len(runtimes) > 1:
        error = two_runtimes(runtimes)
        return Check("onnxruntime", "error", error.happened, error.cure)
    try:
        load_runtime()
    except SegmentationError as error:
        return Check("onnxruntime", "error", f"{listed} is installed and cannot be loaded", error.cure)
    return Check("onnxruntime", "ok", listed)


def cuda_check(runtimes: Mapping[str, str], *, providers: Sequence[str], driver: str | None) -> Check:
    """Whether the GPU can be used for proposals. `driver`: the GPU's name as its driver tells it, None without one."""
    if driver is None:
        return Check("cuda", "ok", "no NVIDIA driver answers; proposals run on the CPU")
    if CUDA_PROVIDER in providers and len(runtimes) == 1:
        return Check("cuda", "ok", f"{driver}; providers: {', '.join(providers)}")
    cure = "Run: pip uninstall -y onnxruntime && pip install --force-reinstall onnxruntime-gpu."
    return Check("cuda", "warning", f"{driver} is there, and the installed onnxruntime cannot use it", cure)


def model_checks(search: BundleSearch) -> tuple[Check, ...]:
    """The bundles that were found, and why others cannot be used."""
    found = ", ".join(bundle.title for bundle in search.bundles)
    missing = SegmentationError("bundle.none_found")
    listed = Check("models", "ok", found) if found else Check("models", "error", missing.happened, missing.cure)
    return (listed, *(Check("models", "warning", str(problem), problem.cure) for problem in search.problems))


def _providers() -> tuple[str, ...]:
    try:
        return tuple(load_runtime().get_available_providers())
    except SegmentationError:
        return ()
