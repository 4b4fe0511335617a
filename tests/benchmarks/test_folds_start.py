"""What a fold begins with: ImageNet's weights of its network, or Kvasir alone, held against its split."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch

from benchmarks.folds.fitting import Deadline, fit_fold, start_of
from benchmarks.folds.plan import ENCODERS, FOLDS, KVASIR_ONLY, Sources, Study, place_of
from benchmarks.folds.sides import split_of
from tests.benchmarks.tiny_sources import tiny_sources, tiny_study
from trainer.errors import DataError
from trainer.models.registry import Architecture
from trainer.recipe import Stage
from trainer.training.checkpoints import read_checkpoint

pytestmark = [pytest.mark.torch, pytest.mark.slow]

FOLD = FOLDS["no-C4"]
NEVER = float("inf")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study whose fold of Kvasir alone is trained, for others to begin with."""
    folder = tmp_path_factory.mktemp("begun")
    study = tiny_study(folder, tiny_sources(folder / "data"), name="begun")
    assert fit_fold(FOLDS[KVASIR_ONLY], study, stop=Deadline(NEVER), looks={})
    return study


def test_every_fold_may_begin_with_kvasir_alone_but_what_never_sees_kvasir(begun: Study, tmp_path: Path) -> None:
    for name in ("no-C1", "no-C3", "no-C4", "all", "ship", "polypgen-only"):
        fold = FOLDS[name]
        study = tiny_study(tmp_path, begun.sources, name="student", start=begun.folder)
        split_of(fold, study.sources, place_of(fold, study), {})
        if name == "polypgen-only":
            with pytest.raises(DataError, match="stand apart in polypgen-only"):
                start_of(begun.folder, place_of(fold, study))
        else:
            assert start_of(begun.folder, place_of(fold, study)).name == "best.pt"


def test_a_fold_begins_with_the_weights_of_kvasir_alone(begun: Study, tmp_path: Path) -> None:
    study = tiny_study(tmp_path, begun.sources, name="student", start=begun.folder)
    study = dataclasses.replace(study, max_steps=1, recipe=dataclasses.replace(study.recipe, stages=(Stage(1, 1e-12),)))
    assert fit_fold(FOLD, study, stop=Deadline(NEVER), looks={})
    ours = read_checkpoint(place_of(FOLD, study).run / "best.pt").average
    theirs = read_checkpoint(place_of(FOLDS[KVASIR_ONLY], begun).run / "best.pt").average
    learnt = [name for name in ours if name.endswith("weight")]
    assert learnt
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-6) for name in learnt)
    order = json.loads(place_of(FOLD, study).order.read_text("utf-8"))
    assert len(order["start"]) == 64
    place_of(FOLD, study).fitted.unlink()
    with pytest.raises(DataError, match="begun with another start"):
        fit_fold(FOLD, dataclasses.replace(study, start=None), stop=Deadline(NEVER), looks={})


def test_a_start_that_saw_what_is_judged_or_is_not_done_is_refused(begun: Study, tmp_path: Path) -> None:
    shutil.copytree(begun.folder, tmp_path / "odd")
    summary = tmp_path / "odd" / KVASIR_ONLY / "run" / "run.json"
    seen = json.loads(summary.read_text("utf-8"))
    summary.write_text(json.dumps({**seen, "validation": [*seen["validation"], "polypgen/C4-5"]}), "utf-8")
    study = tiny_study(tmp_path, begun.sources, name="student", start=tmp_path / "odd")
    with pytest.raises(DataError, match="1 frames that stand apart in no-C4, such as polypgen/C4-5"):
        fit_fold(FOLD, study, stop=Deadline(NEVER), looks={})
    (tmp_path / "odd" / KVASIR_ONLY / "fitted.json").unlink()
    with pytest.raises(DataError, match="not trained to its end"):
        fit_fold(FOLD, study, stop=Deadline(NEVER), looks={})


def test_every_network_gets_the_encoder_weights_of_its_own(tmp_path: Path) -> None:
    sources = Sources()
    assert sources.encoder_of(Architecture("mobile_unet", {})) == ENCODERS["mobile_unet"]
    assert sources.encoder_of(Architecture("lite_unet", {"encoder": "lite2"})) == ENCODERS["lite2"]
    assert sources.encoder_of(Architecture("unet", {})) is None
    given = dataclasses.replace(sources, encoders={"mobile_unet": tmp_path / "mine.npz"})
    assert given.encoder_of(Architecture("mobile_unet", {})) == tmp_path / "mine.npz"
    assert given.encoder_of(Architecture("lite_unet", {"encoder": "lite2"})) is None
