"""What ships carries a complete card from its own command, and figures that say whose they are."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.folds.__main__ import main
from benchmarks.folds.fitting import Deadline
from benchmarks.folds.plan import FOLDS, STUDY, Place, Study
from benchmarks.folds.shipping import JUDGED, SHIP, export_ship
from benchmarks.folds.stages import go_on
from polypviewer.segmentation.card import parse_card
from tests.benchmarks.tiny_sources import RECIPE, tiny_sources, tiny_study
from tests.models.card_fields import missing
from trainer.bundle import read_bundle
from trainer.commands.export import Export, run_export
from trainer.errors import DataError
from trainer.recipe import Stage

pytestmark = [pytest.mark.torch, pytest.mark.slow]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of two epochs: `ship` has chosen, and every other fold was judged."""
    folder = tmp_path_factory.mktemp("ship")
    plain = tiny_study(folder, tiny_sources(folder / "data"))
    brief = dataclasses.replace(plain, recipe=dataclasses.replace(RECIPE, stages=(Stage(2, rate=1e-2),)))
    folds = [FOLDS[name] for name in STUDY]
    assert go_on(folds, brief, stage=None, again=False, stop=Deadline(float("inf")))
    return brief


@pytest.fixture(scope="module")
def card(study: Study, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("bundles") / "tiny"
    export_ship(study, out, words=study.sources.words, version="7")
    values: dict[str, Any] = json.loads((out / "card.json").read_text("utf-8"))
    return values


@pytest.fixture
def copy(study: Study, tmp_path: Path) -> Study:
    """The same, to be spoilt."""
    shutil.copytree(study.folder, tmp_path / "tiny")
    return dataclasses.replace(study, folder=tmp_path / "tiny")


def test_the_card_of_what_ships_says_everything_that_a_shipped_card_has_to(card: dict[str, Any]) -> None:
    assert missing(card) == []
    assert (card["name"], card["version"], card["seeds"]) == ("tiny", "7", [1])
    read = parse_card(json.dumps(card).encode(), bundle="tiny")
    assert read.metrics


def test_every_figure_says_of_which_fold_model_it_is(card: dict[str, Any], study: Study) -> None:
    where = {
        "PolypGen's C1, a hospital left out": "no-C1", "PolypGen's C3, a hospital left out": "no-C3",
        "PolypGen's C4, a hospital left out": "no-C4", "five sequences of CVC-ClinicDB": "all",
        "held-out tenth of Kvasir-SEG (trainer/splits/kvasir_tenth.txt)": "all",
    }  # fmt: skip
    expected = {f"{on}, of the fold model {fold}, not of these weights": fold for on, fold in where.items()}
    assert {row["on"] for row in card["metrics"]} == set(expected)
    for row in (*card["metrics"], *card["strata"]):
        assert row["model"] == read_bundle(Place(study.folder / expected[row["on"]]).bundle).digest
    assert all(on in card["protocol"] for on in expected)
    assert "No figure is of these weights." in card["protocol"]
    assert any(line.startswith("These weights themselves: not measured") for line in card["not_measured"])


def test_figures_and_choice_are_those_of_the_folds(card: dict[str, Any], study: Study) -> None:
    judged = json.loads(Place(study.folder / "no-C4").judged.read_text("utf-8"))["sets"]["C4"]
    rows = {row["name"]: row for row in card["metrics"] if "C4" in row["on"]}
    for name in ("per_image_dice", "ece", "ece_between"):
        assert rows[name]["value"] == judged[name]["value"]
        assert rows[name]["interval"] == judged[name]["interval_by_group"]
    empty = rows["empty_frames_with_proposal"]
    assert (empty["value"], empty["frames"]) == (judged["empty"]["share"], 3)
    assert "mean_over_sequences_dice" in {row["name"] for row in card["metrics"] if "ClinicDB" in row["on"]}
    ship = Place(study.folder / "ship")
    chosen = json.loads(ship.chosen.read_text("utf-8"))
    assert card["recipe"]["chosen"] == {name: chosen[name] for name in ("on", "bundle", "why")}
    assert card["threshold"] == chosen["threshold"]
    fold = json.loads((ship.bundle / "card.json").read_text("utf-8"))
    assert card["files"]["weights.safetensors"] == fold["files"]["weights.safetensors"]


def test_figures_of_a_fold_are_its_own_on_the_card_of_its_own_run(study: Study, tmp_path: Path) -> None:
    place, folders = Place(study.folder / "no-C4"), study.sources.folders
    data = tuple(f"{name}={folders[name]}" for name in FOLDS["no-C4"].trains)
    run_export(
        Export(
            place.run, tmp_path / "b", study.sources.words, data, "own", "1", chosen=place.chosen,
            judged=(place.judged,),
        )
    )  # fmt: skip
    card = json.loads((tmp_path / "b" / "card.json").read_text("utf-8"))
    assert {row["on"] for row in card["metrics"]} == {"PolypGen's C4, a hospital left out"}
    assert not any("model" in row for row in (*card["metrics"], *card["strata"]))
    assert "Every figure is of these weights." in card["protocol"]
    assert "PolypGen's C1, a hospital left out: not measured." in card["not_measured"]


def test_data_that_taught_are_counted_as_the_run_saw_them(card: dict[str, Any], study: Study) -> None:
    run = json.loads((Place(study.folder / "ship").run / "run.json").read_text("utf-8"))
    learned = {key for side in ("train", "validation") for key in run[side] if "#" not in key}
    assert sum(row["frames"] for row in card["data"]) == len(learned)
    assert f"Taught: {sum('#' not in key for key in run['train'])} frames (" in card["protocol"]
    assert "crops of them that hold no polyp" in card["protocol"]


def with_other(**changes: object) -> Callable[[Study], None]:
    """Changes what the fold no-C3 was begun with."""

    def change(study: Study) -> None:
        path = Place(study.folder / "no-C3").order
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")

    return change


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (with_other(seed=2), "no-C3 was begun with another seed than"),
        (with_other(recipe={}, max_steps=9), "no-C3 was begun with another recipe, max_steps than"),
        (with_other(teachers=["sha256:0"]), "another number of teachers"),
        (lambda study: Place(study.folder / "all").judged.unlink(), "The fold all is not judged yet"),
        (lambda study: Place(study.folder / "ship").made.unlink(), "The fold ship has not chosen yet"),
        (
            lambda study: shutil.copy(Place(study.folder / "no-C1").judged, Place(study.folder / "no-C4").judged),
            "not of the bundle that the fold no-C4 made",
        ),
    ],
    ids=["seed", "recipe", "teachers", "not judged", "not chosen", "another fold"],
)
def test_folds_that_say_nothing_about_what_ships_are_refused(
    copy: Study, tmp_path: Path, spoil: Callable[[Study], object], why: str
) -> None:
    spoil(copy)
    with pytest.raises(DataError, match=why):
        export_ship(copy, tmp_path / "out", words=copy.sources.words, version="1")
    assert not (tmp_path / "out").exists()


def test_only_ship_is_exported_and_to_a_place_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--fold", "all", "--out", "b"], ["--fold", "ship"]):
        with pytest.raises(SystemExit):
            main(["--recipe", "polyp-fast", "--stage", "export", *arguments])
        assert "--fold ship --out FOLDER" in capsys.readouterr().err


def test_what_ships_has_the_figures_of_every_fold_that_judges_of_a_study() -> None:
    assert {*JUDGED, SHIP.name} == set(STUDY)
