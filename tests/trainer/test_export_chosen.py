"""What was chosen and measured goes into the bundle: into its card, and the temperature into its network."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.trainer.conftest import SMALL, write_data
from trainer.bundle import read_bundle
from trainer.commands.export import Export, run_export
from trainer.errors import DataError
from trainer.evaluation import evaluate as evaluation
from trainer.evaluation.choosing import Chosen, write_chosen
from trainer.evaluation.evaluate import evaluate
from trainer.export import Shipped, open_onnx, run_onnx
from trainer.models.network import Network
from trainer.models.registry import build_network
from trainer.training.checkpoints import Checkpoint, write_checkpoint

WORDS = 'intended_use = "tests"\nknown_failures = []\n[licences]\nweights = "none"\n[data.d]\nname = "D"\n'
CHOSEN = Chosen(0.35, 1.7, 0.001, "best Dice", on="validation", bundle="sha256:0", measured={"frames": 3})


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return build_network(SMALL).eval()


@pytest.fixture
def order(network: Network, tmp_path: Path) -> Export:
    """An export of a run's folder as `fit` leaves it, with `network` as its best weights."""
    data, run = write_data(tmp_path / "data", frames=2), tmp_path / "run"
    run.mkdir()
    recipe = {"architecture": {"name": SMALL.name, "arguments": dict(SMALL.arguments)}, "size": 32}
    summary = {"recipe": recipe, "train": ["d/f000"], "validation": ["d/f001"], "torch": "0", "version": "0", "seed": 3}
    (run / "run.json").write_text(json.dumps(summary), "utf-8")
    weights = dict(network.state_dict())
    write_checkpoint(run / "best.pt", Checkpoint(weights, weights, 0, {}, {}, {"best_dice": 0.5}, {}))
    (tmp_path / "words.toml").write_text(WORDS, "utf-8")
    return Export(run, tmp_path / "b", tmp_path / "words.toml", (f"d={data}",), "b", "1")


def test_the_card_says_what_was_chosen_and_on_which_frames(order: Export, tmp_path: Path) -> None:
    write_chosen(CHOSEN, tmp_path / "choose.json")
    run_export(dataclasses.replace(order, chosen=tmp_path / "choose.json"))
    bundle = read_bundle(order.out)
    assert (bundle.threshold, bundle.temperature, bundle.minimum_area) == (0.35, 1.7, 0.001)
    recipe = bundle.card["recipe"]
    assert isinstance(recipe, dict)
    assert recipe["chosen"] == {"on": "validation", "bundle": "sha256:0", "why": "best Dice"}
    assert recipe["size"] == 32


def test_the_temperature_that_was_chosen_is_inside_the_network(order: Export, network: Network, tmp_path: Path) -> None:
    write_chosen(CHOSEN, tmp_path / "choose.json")
    run_export(dataclasses.replace(order, chosen=tmp_path / "choose.json"))
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    with torch.inference_mode():
        expected = Shipped(network, temperature=1.7)(torch.from_numpy(images)).numpy()
    assert np.abs(run_onnx(open_onnx(order.out / "model.onnx"), images) - expected).max() <= 1e-4


def test_a_file_that_holds_no_choice_is_refused_and_nothing_is_written(order: Export, tmp_path: Path) -> None:
    (tmp_path / "choose.json").write_text("{}", "utf-8")
    with pytest.raises(DataError, match="holds no choice"):
        run_export(dataclasses.replace(order, chosen=tmp_path / "choose.json"))
    assert not order.out.exists()


def card_of(order: Export) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((order.out / "card.json").read_text("utf-8"))
    return card


def judged(order: Export, data: Path, report: Path, *, name: str = "judged") -> Path:
    evaluate(evaluation.Order({name: data}, report, model=order.out, pictures=False), told=lambda _what, _done: None)
    return report


def test_a_card_says_what_nobody_measured_instead_of_inventing_it(order: Export) -> None:
    run_export(order)
    card = card_of(order)
    assert card["recipe"]["chosen"]["on"] == "nothing"
    assert "defaults of the format" in card["recipe"]["chosen"]["why"]
    assert card["calibration"] == (
        "None was made: temperature 1, no scaling was fitted. How far probabilities are off was not measured."
    )
    assert card["protocol"].startswith("Taught: 1 frames (D: 1). Chose the epoch: 1 frames (D: 1).")
    assert "Judged: on nothing." in card["protocol"]
    assert card["not_measured"] == [
        "Quality of these weights: not measured, no report was given.",
        "Pictures of failures: nothing was told about them.",
        "Known failures: nothing was told about them.",
    ]
    assert "strata" not in card
    assert "failure_pictures" not in card


def test_words_that_no_run_can_tell_go_onto_the_card(order: Export) -> None:
    more = 'failure_pictures = "in the report"\nnot_measured = ["Speed."]\nprotocol = "Patients are known."\n'
    order.words.write_text(more + WORDS + '[judged]\nC1 = "the first hospital"\n', "utf-8")
    run_export(order)
    card = card_of(order)
    assert card["failure_pictures"] == "in the report"
    assert card["protocol"].endswith("Patients are known.")
    assert card["not_measured"][:2] == ["Speed.", "the first hospital: not measured."]


def test_a_report_gives_metrics_and_strata_under_the_name_that_its_frames_are_given(
    order: Export, tmp_path: Path
) -> None:
    run_export(order)
    report = judged(order, write_data(tmp_path / "unseen", frames=4, first=20), tmp_path / "report")
    run_export(dataclasses.replace(order, reports=(f"unseen frames={report}",)))
    card = card_of(order)
    told = json.loads((report / "metrics.json").read_text("utf-8"))
    rows = {row["name"]: row for row in card["metrics"]}
    assert rows["per_image_dice"] == {
        "name": "per_image_dice", "value": told["metrics"]["per_image_dice"]["value"],
        "interval": told["metrics"]["per_image_dice"]["interval"], "on": "unseen frames", "frames": 4,
    }  # fmt: skip
    assert all(row["interval"] for row in card["metrics"])
    (stratum,) = card["strata"]
    assert (stratum["on"], stratum["area"], stratum["frames"]) == ("unseen frames", "2 to 10 %", 4)
    assert "Judged: unseen frames (4 frames). Every figure is of these weights." in card["protocol"]
    assert "Proposals on frames without a polyp: not measured, the judged sets hold none." in card["not_measured"]
    assert any("unseen frames: " in line and "lesions under 2 %" in line for line in card["not_measured"])
    run_export(dataclasses.replace(order, reports=(str(report),)))
    assert {row["on"] for row in card_of(order)["metrics"]} == {"judged"}


def test_a_report_at_other_settings_than_the_card_is_refused(order: Export, tmp_path: Path) -> None:
    run_export(order)
    report = judged(order, write_data(tmp_path / "unseen", frames=2, first=20), tmp_path / "report")
    write_chosen(CHOSEN, tmp_path / "choose.json")
    with pytest.raises(DataError, match="something else than the card says: threshold, temperature, minimum_area"):
        run_export(dataclasses.replace(order, reports=(str(report),), chosen=tmp_path / "choose.json"))


def test_a_report_on_frames_that_taught_is_refused(order: Export, tmp_path: Path) -> None:
    run_export(order)
    report = judged(order, tmp_path / "data", tmp_path / "report", name="d")
    with pytest.raises(DataError, match=r"2 frames of .* taught or chose in .*, such as d/f000"):
        run_export(dataclasses.replace(order, reports=(str(report),)))


def test_a_file_that_no_fold_wrote_and_a_fold_of_another_seed_are_refused(order: Export, tmp_path: Path) -> None:
    path = tmp_path / "judged.json"
    named = json.loads((order.run / "run.json").read_text("utf-8"))
    named["recipe"]["name"] = "r"
    (order.run / "run.json").write_text(json.dumps(named), "utf-8")
    fold = {"schema": "polypviewer/fold/1", "fold": "f", "recipe": "r", "seed": 4, "sets": {}}
    for values, why in (({}, "tells nothing"), (fold, "another seed than the run")):
        path.write_text(json.dumps(values), "utf-8")
        with pytest.raises(DataError, match=why):
            run_export(dataclasses.replace(order, judged=(path,)))
    assert not order.out.exists()


def test_a_run_that_its_budget_ended_says_so(order: Export) -> None:
    event = {"type": "result", "step": 12, "finished": False}
    (order.run / "events.jsonl").write_text(json.dumps(event) + "\n", "utf-8")
    run_export(order)
    assert "A budget ended the training at step 12, before the end of the recipe." in card_of(order)["protocol"]


def test_words_without_an_intended_use_are_refused(order: Export) -> None:
    order.words.write_text(WORDS.replace("intended_use", "use"), "utf-8")
    with pytest.raises(DataError, match="does not say intended_use"):
        run_export(order)
