"""What doctor says about runtimes, devices and models."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation import available_devices, devices, search_bundles
from polypviewer.segmentation.diagnosis import cuda_check, model_checks, python_check, runtime_check, runtime_checks
from tests.segmentation.tiny_bundles import write_bundle


def test_the_report_of_this_machine_has_no_error() -> None:
    checks = {check.name: check for check in runtime_checks()}
    assert set(checks) == {"python", "onnxruntime", "cuda", "processor"}
    assert checks["onnxruntime"].state == "ok"
    assert all(check.detail for check in checks.values())
    assert all(check.cure for check in checks.values() if check.state != "ok")


def test_no_runtime_and_two_runtimes_are_errors_with_a_cure() -> None:
    none = runtime_check({})
    both = runtime_check({"onnxruntime": "1.24", "onnxruntime-gpu": "1.24"})
    assert (none.state, both.state) == ("error", "error")
    assert "polypviewer[cpu]" in none.cure
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu" in both.cure


def test_a_python_that_is_not_tested_is_a_warning() -> None:
    assert python_check((3, 11)).state == "ok"
    assert python_check((3, 14)).state == "warning"


def test_a_gpu_that_the_runtime_cannot_use_is_a_warning() -> None:
    cpu_only = cuda_check({"onnxruntime": "1"}, providers=["CPUExecutionProvider"], driver="H200")
    works = cuda_check({"onnxruntime-gpu": "1"}, providers=["CUDAExecutionProvider"], driver="H200")
    absent = cuda_check({"onnxruntime": "1"}, providers=["CPUExecutionProvider"], driver=None)
    assert [check.state for check in (cpu_only, works, absent)] == ["warning", "ok", "ok"]
    assert "onnxruntime-gpu" in cpu_only.cure


def test_models_are_listed_and_broken_ones_named(tmp_path: Path) -> None:
    (write_bundle(tmp_path / "bad") / "model.onnx").unlink()
    assert [check.state for check in model_checks(search_bundles(tmp_path))] == ["error", "warning"]
    write_bundle(tmp_path / "red")
    listed, broken = model_checks(search_bundles(tmp_path))
    assert (listed.state, listed.detail) == ("ok", "red 0.1")
    assert "bad" in broken.detail


def test_without_onnxruntime_there_is_no_device_and_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SegmentationError, match="onnxruntime is not installed"):
        devices.load_runtime()


def test_two_runtimes_that_overwrote_each_other_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", ModuleType("onnxruntime"))
    monkeypatch.setattr(devices, "installed_runtimes", lambda: {"onnxruntime": "1", "onnxruntime-gpu": "2"})
    with pytest.raises(SegmentationError, match="break each other: onnxruntime 1 and onnxruntime-gpu 2"):
        devices.load_runtime()


def test_the_obstacle_to_cuda_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for runtimes, words in (
        ({}, "not installed"),
        ({"onnxruntime": "1", "onnxruntime-gpu": "1"}, "break each other"),
    ):
        monkeypatch.setattr(devices, "installed_runtimes", lambda found=runtimes: found)
        assert words in devices.cuda_obstacle()


def test_the_cpu_can_always_be_chosen() -> None:
    first = available_devices()[0]
    assert first.kind == "cpu"
    assert first.name
