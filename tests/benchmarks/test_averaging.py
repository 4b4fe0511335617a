"""The mean of several seeds: of runs that differ in nothing else, with statistics of its own, judged like any fold."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch

from benchmarks.folds.__main__ import main
from benchmarks.folds.averaging import average_fold
from benchmarks.folds.fitting import Deadline, fit_fold
from benchmarks.folds.plan import FOLDS, KVASIR_ONLY, Study, place_of
from benchmarks.folds.stages import go_on
from tests.benchmarks.tiny_sources import RECIPE, tiny_sources, tiny_study
from trainer.bundle import read_bundle
from trainer.errors import DataError
from trainer.recipe import Stage
from trainer.training.checkpoints import read_checkpoint

pytestmark = [pytest.mark.torch, pytest.mark.slow]

FOLD = FOLDS["no-C4"]
NEVER = Deadline(float("inf"))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[Study]:
    """Two studies of other seeds, both begun with one start."""
    folder = tmp_path_factory.mktemp("seeds")
    plain = tiny_study(folder, tiny_sources(folder / "data"), name="start")
    plain = dataclasses.replace(plain, recipe=dataclasses.replace(RECIPE, stages=(Stage(2, rate=1e-2),)))
    assert fit_fold(FOLDS[KVASIR_ONLY], plain, stop=NEVER, looks={})
    studies = [
        dataclasses.replace(plain, folder=folder / name, seed=seed, start=plain.folder)
        for name, seed in (("tiny", 0), ("tiny-seed1", 1))
    ]
    for study in studies:
        assert fit_fold(FOLD, study, stop=NEVER, looks={})
    return studies


def mean_of(seeds: list[Study], folder: Path) -> Study:
    return dataclasses.replace(seeds[0], folder=folder, members=tuple(study.folder for study in seeds))


def test_a_fold_is_the_mean_of_its_seeds_from_fit_to_judgement(seeds: list[Study], tmp_path: Path) -> None:
    study = mean_of(seeds, tmp_path / "mean")
    assert go_on([FOLD], study, stage=None, again=False, stop=NEVER)
    ours = read_checkpoint(place_of(FOLD, study).run / "best.pt").average
    first, second = (read_checkpoint(place_of(FOLD, one).run / "best.pt").average for one in seeds)
    learned = [name for name in ours if "running" not in name and "num_batches" not in name]
    assert all(torch.allclose(ours[name], (first[name] + second[name]) / 2, atol=1e-6) for name in learned)
    assert any(not torch.equal(first[name], second[name]) for name in learned)
    counted = [name for name in ours if "running_mean" in name]
    assert counted
    assert any(not torch.allclose(ours[name], (first[name] + second[name]) / 2, atol=1e-6) for name in counted)
    assert read_bundle(place_of(FOLD, study).bundle).card["seeds"] == [0, 1]
    judged = json.loads(place_of(FOLD, study).judged.read_text("utf-8"))
    assert judged["opened"] == 1
    assert len(judged["order"]["members"]) == 2


def test_it_is_made_once(seeds: list[Study], tmp_path: Path) -> None:
    study = mean_of(seeds, tmp_path / "mean")
    assert average_fold(FOLD, study, looks={})
    before = (place_of(FOLD, study).run / "best.pt").stat().st_mtime_ns
    assert average_fold(FOLD, study, looks={})
    assert (place_of(FOLD, study).run / "best.pt").stat().st_mtime_ns == before


def test_runs_that_differ_in_more_than_their_seed_have_no_mean(seeds: list[Study], tmp_path: Path) -> None:
    study = mean_of(seeds, tmp_path / "mean")
    other = dataclasses.replace(study, recipe=dataclasses.replace(study.recipe, ema=0.7))
    with pytest.raises(DataError, match="trained with another recipe"):
        average_fold(FOLD, other, looks={})
    with pytest.raises(DataError, match="trained with another start"):
        average_fold(FOLD, dataclasses.replace(study, folder=tmp_path / "b", start=None), looks={})
    twice = dataclasses.replace(study, folder=tmp_path / "c", members=(seeds[0].folder, seeds[0].folder))
    with pytest.raises(DataError, match=r"\[0, 0\] are not different"):
        average_fold(FOLD, twice, looks={})
    shutil.copytree(seeds[1].folder, tmp_path / "undone")
    (tmp_path / "undone" / "no-C4" / "fitted.json").unlink()
    undone = dataclasses.replace(study, folder=tmp_path / "d", members=(seeds[0].folder, tmp_path / "undone"))
    with pytest.raises(DataError, match="no-C4 of undone is not trained to its end"):
        average_fold(FOLD, undone, looks={})


def test_the_mean_wants_a_name_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--recipe", "polyp-fast", "--average", "polyp-fast"])
    assert "--average wants a --name of its own" in capsys.readouterr().err
