"""How much a temperature is raised for hospitals that did not teach, and what is looked at for it."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from benchmarks.folds import choosing
from benchmarks.folds.choosing import choose_fold
from benchmarks.folds.elsewhere import Elsewhere, best_temperature, error_at, look_elsewhere
from benchmarks.folds.fitting import Deadline, fit_fold
from benchmarks.folds.plan import FOLDS, KVASIR_ONLY, Study, place_of
from tests.benchmarks.tiny_sources import tiny_sources, tiny_study
from trainer.bundle import read_bundle
from trainer.data.pairs import Pair
from trainer.evaluation.choosing import LOGITS, fit_temperature, read_chosen
from trainer.evaluation.proposals import Source
from trainer.evaluation.validating import Logits

NEVER = float("inf")


def surer(by: float) -> Logits:
    """Pixels that are as often polyp as logits divided by `by` say."""
    pixels = 1e7 * np.exp(-(LOGITS**2) / 50)
    share = expit(LOGITS / by)
    return (pixels * share).astype(np.int64), (pixels * (1 - share)).astype(np.int64)


@pytest.mark.parametrize("by", [1.0, 1.6, 2.5])
def test_the_temperature_of_pixels_that_are_too_sure_is_what_makes_them_right(by: float) -> None:
    assert best_temperature([surer(by)]) == pytest.approx(by, rel=0.03)
    assert fit_temperature(*surer(by))[0] == pytest.approx(by, rel=0.03)
    assert error_at(by, surer(by)) < 0.01


def test_several_hospitals_meet_between_them() -> None:
    assert 1.3 < best_temperature([surer(1.2), surer(2.4)]) < 2.4


def test_no_unsure_pixel_is_no_calibration() -> None:
    sure = np.where(LOGITS > 15, 100, 0)
    assert error_at(1.0, (sure, sure[::-1].copy())) == 1.0


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Kvasir alone, and a fold begun with it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    start = tiny_study(folder, tiny_sources(folder / "data"), name="begun")
    assert fit_fold(FOLDS[KVASIR_ONLY], start, stop=Deadline(NEVER), looks={})
    study = tiny_study(folder, start.sources, name="student", start=start.folder)
    assert fit_fold(FOLDS["no-C4"], study, stop=Deadline(NEVER), looks={})
    return study


@pytest.mark.torch
@pytest.mark.slow
def test_a_fold_looks_at_hospitals_that_teach_it_and_are_new_to_its_start(
    begun: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[str]] = {}

    def look(source: Source, own: Sequence[Pair], hospitals: dict[str, list[Pair]]) -> Elsewhere:
        seen.update({name: [pair.key for pair in pairs] for name, pairs in hospitals.items()})
        seen["own"] = [pair.key for pair in own]
        return dataclasses.replace(look_elsewhere(source, own, hospitals), factor=1.25)

    monkeypatch.setattr(choosing, "look_elsewhere", look)
    place = place_of(FOLDS["no-C4"], begun)
    bundle = choose_fold(FOLDS["no-C4"], begun, looks={})
    start = Path(str(begun.start)) / KVASIR_ONLY / "run" / "run.json"
    assert sorted(seen) == ["C1", "C3", "own"]
    assert sorted(seen["own"]) == sorted(json.loads(start.read_text("utf-8"))["validation"])
    for name in ("C1", "C3"):
        assert seen[name]
        assert all(f"/{name}-" in key for key in seen[name])
    chosen = read_chosen(place.chosen)
    assert chosen.measured["raised"] == 1.25
    assert "multiplied by 1.25" in chosen.why
    assert bundle.temperature == chosen.temperature
    assert not (place.folder / "start").exists()
    card = json.loads((bundle.folder / "card.json").read_text("utf-8"))
    assert f"Multiplied by 1.25, to {chosen.temperature:g}" in card["calibration"]


@pytest.mark.torch
@pytest.mark.slow
def test_without_a_start_nothing_is_raised(begun: Study) -> None:
    fold = FOLDS[KVASIR_ONLY]
    start = tiny_study(Path(str(begun.start)).parent, begun.sources, name="begun")
    bundle = choose_fold(fold, start, looks={})
    chosen = read_chosen(place_of(fold, start).chosen)
    assert chosen.measured["raised"] == 1.0
    assert "multiplied" not in chosen.why
    assert read_bundle(bundle.folder).temperature == chosen.temperature
