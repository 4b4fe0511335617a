"""What a part of the recipe is worth: runs that are not done twice, and differences by seed."""

import dataclasses
import json
from pathlib import Path

import pytest

from benchmarks import ablation
from benchmarks.ablation import SEEDS, VARIANTS, WHOLE, Reached, auc_of, figures, study_of
from benchmarks.folds.fitting import Deadline
from benchmarks.folds.plan import FOLDS, KVASIR_ONLY, Sources, place_of
from tests.benchmarks.tiny_sources import tiny_sources, tiny_study
from trainer.errors import DataError

NEVER = float("inf")


def write_run(folder: Path, variant: str, seed: int, dice: float) -> None:
    path = folder / f"{variant}-seed{seed}" / "reached.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(dataclasses.asdict(Reached(0.9, dice, 0.8))), "utf-8")


def test_what_is_lost_is_the_mean_of_differences_by_seed_with_students_interval(tmp_path: Path) -> None:
    for seed, whole, without in ((0, 0.80, 0.78), (1, 0.70, 0.69), (2, 0.75, 0.72)):
        write_run(tmp_path, WHOLE, seed, whole)
        write_run(tmp_path, "no_wear", seed, without)
    told = figures(tmp_path)
    assert told["whole_new_hospitals_dice"].ours == pytest.approx(0.75)
    lost = told["no_wear_new_hospitals_dice_lost"]
    assert lost.ours == pytest.approx(0.02)
    half = 4.302653 * 0.01 / 3**0.5
    assert lost.interval == pytest.approx((0.02 - half, 0.02 + half), abs=1e-5)
    assert told["no_wear_presence_auc_lost"].interval == (0.0, 0.0)
    assert told["no_turns_new_hospitals_dice"].ours is None


def test_one_seed_tells_no_difference(tmp_path: Path) -> None:
    write_run(tmp_path, WHOLE, 0, 0.8)
    write_run(tmp_path, "no_wear", 1, 0.7)
    lost = figures(tmp_path)["no_wear_new_hospitals_dice_lost"]
    assert lost.ours is None
    assert "two seeds" in str(lost.why)


def test_the_area_under_the_curve_counts_pairs_in_order() -> None:
    assert auc_of([0.9, 0.8, 0.1, 0.2], [True, True, False, False]) == 1.0
    assert auc_of([0.9, 0.1, 0.5, 0.5], [True, True, False, False]) == pytest.approx(0.5)
    assert auc_of([0.9, 0.3, 0.5, 0.1], [True, True, False, False]) == pytest.approx(0.75)


@pytest.mark.torch
def test_every_variant_is_a_recipe_of_its_own(tmp_path: Path) -> None:
    recipes = [study_of(variant, 0, Sources(), tmp_path).recipe for variant in VARIANTS]
    assert all(one != other for n, one in enumerate(recipes) for other in recipes[:n])
    assert study_of("no_pretraining", 0, Sources(), tmp_path).sources.encoders == {}
    assert len({study_of(WHOLE, seed, Sources(), tmp_path).folder for seed in SEEDS}) == len(SEEDS)


@pytest.mark.torch
def test_a_run_is_done_once_and_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    study = tiny_study(tmp_path, tiny_sources(tmp_path / "data"))
    assert not ablation.run(study, Deadline(0.0))
    assert not (study.folder / "reached.json").exists()
    assert ablation.run(study, Deadline(NEVER))
    reached = Reached(**json.loads((study.folder / "reached.json").read_text("utf-8")))
    assert all(0 <= value <= 1 for value in dataclasses.astuple(reached))
    assert (place_of(FOLDS[KVASIR_ONLY], study).run / "best.pt").is_file()
    monkeypatch.setattr(ablation, "fit_fold", None)
    assert ablation.run(study, Deadline(NEVER))


@pytest.mark.torch
def test_without_imagenet_weights_nothing_is_trained_instead(tmp_path: Path) -> None:
    sources = dataclasses.replace(Sources(), encoders={"lite0": tmp_path / "none.pth"})
    with pytest.raises(DataError, match=r"none\.pth"):
        ablation.run(study_of(WHOLE, 0, sources, tmp_path), Deadline(NEVER))
