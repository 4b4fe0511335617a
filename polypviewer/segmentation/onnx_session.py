"""A network opened with ONNX Runtime: on the device that was asked for, and compared with the bundle's card."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation.bundle import ModelBundle
from polypviewer.segmentation.card import TensorSpec
from polypviewer.segmentation.devices import (
    CPU_PROVIDER,
    CUDA_PROVIDER,
    cpu_name,
    cuda_obstacle,
    installed_runtimes,
    load_runtime,
    nvidia_name,
    preload_cuda,
)
from polypviewer.segmentation.segmenter import AskedDevice, DeviceReport

ASKED_DEVICES: Final = ("auto", "cpu", "cuda")
_DTYPES: Final = {
    "tensor(uint8)": "uint8",
    "tensor(int64)": "int64",
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(bool)": "bool",
}


class _Node(Protocol):
    name: str
    type: str
    shape: list[int | str | None]


class _Session(Protocol):
    """The part of `onnxruntime.InferenceSession` (which ships no types) that is used here."""

    def run(self, names: list[str], feed: dict[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]: ...
    def get_inputs(self) -> list[_Node]: ...
    def get_outputs(self) -> list[_Node]: ...
    def get_providers(self) -> list[str]: ...


@dataclass(frozen=True, slots=True, eq=False)
class OpenNetwork:
    """A loaded network and the device that it really runs on."""

    session: _Session
    device: DeviceReport
    bundle: ModelBundle

    def probability(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`(N, 1, height, width)` float32 in 0..1 from `(N, height, width, 3)` uint8 RGB.

        Raises `SegmentationError` ("segmenter.failed").
        """
        feed = {spec.name: image if spec.name == "image" else _silence(spec, image) for spec in self.bundle.card.inputs}
        try:
            return self.session.run(["probability"], feed)[0]
        except _runtime_errors() as error:
            reason = _first_line(error)
            raise SegmentationError("segmenter.failed", bundle=self.bundle.title, reason=reason) from error


def check_network(bundle: ModelBundle) -> None:
    """Load the bundle's network on the CPU and compare it with the card. Raises `SegmentationError`."""
    _compare(_open_session(bundle, [CPU_PROVIDER], threads=1), bundle)


def open_network(bundle: ModelBundle, *, device: AskedDevice = "auto", threads: int | None = None) -> OpenNetwork:
    """The network on a device: "cpu", "cuda", or "auto" (CUDA where it really works, else the CPU, with the reason).

    `threads`: within one operator, None for as many as there are cores. Raises `SegmentationError`: "device.no_cuda"
    with the cure when "cuda" was asked for and does not work, "bundle.disagrees" when the card says something else.
    """
    if device not in ASKED_DEVICES:
        raise SegmentationError("device.unknown", device=device)
    obstacle = "" if device == "cpu" else cuda_obstacle()
    if device == "cuda" and obstacle:
        raise _no_cuda(obstacle)
    if device != "cpu" and not obstacle:
        network, obstacle = _try_cuda(bundle, asked=device, threads=threads)
        if network is not None:
            return network
        if device == "cuda":
            raise _no_cuda(obstacle)
    session = _open_session(bundle, [CPU_PROVIDER], threads=threads)
    _compare(session, bundle)
    return OpenNetwork(session, DeviceReport(device, "cpu", cpu_name(), reason=obstacle), bundle)


def _try_cuda(bundle: ModelBundle, *, asked: AskedDevice, threads: int | None) -> tuple[OpenNetwork | None, str]:
    """The network on CUDA after one frame went through it, or the reason why not."""
    preload_cuda()
    try:
        session = _open_session(bundle, [CUDA_PROVIDER, CPU_PROVIDER], threads=threads)
        if session.get_providers()[0] != CUDA_PROVIDER:
            return None, "the CUDA provider could not be loaded (CUDA or cuDNN is missing or too old)"
        _compare(session, bundle)
        network = OpenNetwork(session, DeviceReport(asked, "cuda", nvidia_name() or "NVIDIA GPU"), bundle)
        network.probability(np.zeros((1, bundle.card.height, bundle.card.width, 3), np.uint8))
    except SegmentationError as error:
        if error.code not in ("segmenter.failed", "bundle.unreadable_network"):
            raise
        return None, str(error.fields["reason"])
    return network, ""


def _no_cuda(obstacle: str) -> SegmentationError:
    cure = "Install an NVIDIA driver and CUDA 13, or choose the device cpu."
    runtimes = installed_runtimes()
    if "onnxruntime-gpu" not in runtimes or len(runtimes) > 1:
        cure = (
            "On a machine with an NVIDIA card run: pip uninstall -y onnxruntime && "
            "pip install --force-reinstall onnxruntime-gpu; or choose the device cpu."
        )
    return SegmentationError("device.no_cuda", reason=obstacle, cure=cure)


def _open_session(bundle: ModelBundle, providers: list[str], *, threads: int | None) -> _Session:
    runtime = load_runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads or 0
    # Idle workers that spin take the core that paints the window.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = runtime.InferenceSession(str(bundle.network_path), options, providers=providers)
    except _runtime_errors() as error:
        reason = _first_line(error)
        raise SegmentationError("bundle.unreadable_network", bundle=bundle.folder.name, reason=reason) from error
    session.disable_fallback()
    return cast(_Session, session)


def _compare(session: _Session, bundle: ModelBundle) -> None:
    """Raise `SegmentationError` ("bundle.disagrees") unless the network has exactly the card's inputs and outputs."""
    card = bundle.card
    for kind, nodes, specs in (
        ("input", session.get_inputs(), card.inputs),
        ("output", session.get_outputs(), card.outputs),
    ):
        reason = _difference(kind, [_spec(node) for node in nodes], specs)
        if reason is not None:
            raise SegmentationError("bundle.disagrees", bundle=bundle.folder.name, reason=reason)


def _difference(kind: str, real: Iterable[TensorSpec], stated: Iterable[TensorSpec]) -> str | None:
    by_name = {spec.name: spec for spec in real}
    for spec in stated:
        found = by_name.pop(spec.name, None)
        if found is None:
            return f"the network has no {kind} {spec.name!r}"
        same = len(found.shape) == len(spec.shape) and all(map(_same_axis, found.shape, spec.shape))
        if found.dtype != spec.dtype or not same:
            return f"the card says {kind} {spec}, the network has {found}"
    extra = next(iter(by_name.values()), None)
    return None if extra is None else f"the card does not list the {kind} {extra}"


def _same_axis(real: int | str, stated: int | str) -> bool:
    """A name stands for any size; which name does not matter."""
    return isinstance(real, str) == isinstance(stated, str) and (isinstance(real, str) or real == stated)


def _spec(node: _Node) -> TensorSpec:
    shape = tuple(axis if isinstance(axis, int) else str(axis or "?") for axis in node.shape)
    return TensorSpec(node.name, _DTYPES.get(node.type, node.type), shape)


def _silence(spec: TensorSpec, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """No guidance: zeros in the shape of `spec`, one per image."""
    return np.zeros((*image.shape[:3], int(spec.shape[3])), np.uint8)


def _runtime_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises. Its exceptions share no base class but `Exception`."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    kinds = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (*kinds, RuntimeError, ValueError)


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__).rstrip(".")
