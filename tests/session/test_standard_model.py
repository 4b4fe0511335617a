"""Which of the program's own bundles proposes: the fast one on a CPU, the accurate one where CUDA is there."""

from pathlib import Path

import pytest

import polypviewer.segmentation
from polypviewer.core.errors import SegmentationError
from polypviewer.segmentation import AskedDevice, Device
from polypviewer.session import models
from polypviewer.session.models import choose, find_models, model_meant
from tests.segmentation.tiny_bundles import write_bundle

CPU, CUDA = Device("cpu", "a processor"), Device("cuda", "a card")


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The program's folder with both bundles and one more, the user's with another one called polyp-fast."""
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for name in ("a-third", "polyp-accurate", "polyp-fast"):
        write_bundle(shipped / name, name=name)
    write_bundle(own / "polyp-fast", name="polyp-fast", version="9")
    monkeypatch.setattr(models, "bundle_roots", lambda project=None: (shipped, own))
    return shipped, own


def devices(monkeypatch: pytest.MonkeyPatch, *found: Device) -> None:
    monkeypatch.setattr(polypviewer.segmentation, "available_devices", lambda: found)


@pytest.mark.parametrize(
    ("asked", "there", "name"),
    [
        ("auto", (CPU,), "polyp-fast"),
        ("auto", (CPU, CUDA), "polyp-accurate"),
        ("cuda", (CPU, CUDA), "polyp-accurate"),
        ("cpu", (CPU, CUDA), "polyp-fast"),
        ("cuda", (CPU,), "polyp-fast"),
    ],
)
def test_the_device_decides(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, asked: AskedDevice, there: tuple[Device, ...], name: str
) -> None:
    devices(monkeypatch, *there)
    search = find_models(device=asked)
    assert (search.bundles[0].folder.parent, search.bundles[0].name) == (roots[0], name)
    assert len(search.bundles) == 4
    assert choose(search.bundles, None) == search.bundles[0]
    assert model_meant("", device=asked).name == name


def test_the_one_that_a_project_uses_goes_before(roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    devices(monkeypatch, CPU)
    own = next(bundle for bundle in find_models().bundles if bundle.folder.parent == roots[1])
    assert model_meant("", device="auto", digest=own.digest) == own
    assert model_meant("", device="auto", digest="sha256:unknown").folder == roots[0] / "polyp-fast"


def test_without_a_bundle_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices(monkeypatch, CPU)
    monkeypatch.setattr(models, "bundle_roots", lambda project=None: (tmp_path, tmp_path))
    with pytest.raises(SegmentationError):
        model_meant("", device="auto")
