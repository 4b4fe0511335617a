"""What is declared, what is pinned and what is shipped agree."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import resources

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def requirements() -> list[Requirement]:
    pinned_extras = [line for extra, lines in EXTRAS.items() if extra != "gpu" for line in lines]
    return [Requirement(line) for line in (*PROJECT["dependencies"], *pinned_extras)]


def test_every_requirement_is_pinned_within_its_range() -> None:
    pinned = pins()
    wrong = [str(r) for r in requirements() if not r.specifier.contains(pinned.get(canonicalize_name(r.name), "0"))]
    assert wrong == []


def test_pins_name_no_host_and_no_build_of_one_machine() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "@" not in text
    assert "+" not in "".join(pins().values())


def test_the_extras_that_are_promised_exist() -> None:
    assert set(EXTRAS) >= {"cpu", "gpu", "train", "formats", "dicom", "dev"}


def test_no_library_is_asked_for_whose_licence_or_state_forbids_it() -> None:
    names = {canonicalize_name(r.name) for r in requirements()}
    assert (
        names & {"pylibjpeg-libjpeg", "opencv-python", "pyside6", "albumentations", "albumentationsx", "lightning"}
        == set()
    )


def test_resources_are_found_by_name() -> None:
    assert resources.path("__init__.py").is_file()
    assert resources.path("models").is_dir()


def test_a_wheel_would_carry_models_and_migrations() -> None:
    """The folders that hatchling packs whole contain them; `make wheel-test` installs the built wheel."""
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    assert set(packed["packages"]) == {"polypviewer", "trainer", "resources"}
    assert list((ROOT / "polypviewer" / "storage" / "migrations").rglob("*.py"))
    assert list(resources.path("models").glob("*/model.onnx"))


@pytest.mark.parametrize("name", ["polypviewer", "polyp-trainer"])
def test_both_programs_have_an_entry_point_that_can_be_called(name: str) -> None:
    module, _, attribute = PROJECT["scripts"][name].partition(":")
    assert attribute == "main"
    assert (ROOT / f"{module.replace('.', '/')}.py").is_file() or (ROOT / module.replace(".", "/")).is_dir()
