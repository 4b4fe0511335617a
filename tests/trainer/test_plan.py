"""Plans: what a data set is measured to be, what follows from it, and why."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.conftest import write_grey
from trainer.data.fingerprint import Fingerprint, fingerprint
from trainer.data.folders import find_pairs
from trainer.data.plan import Plan, Surroundings, make_plan
from trainer.data.scan import look_at
from trainer.recipe import read_recipe

ROOT = Path(__file__).parents[2]
CPU, GPU = Surroundings("cpu", 16e9), Surroundings("cuda", 140e9)


@pytest.fixture
def found(data: Path) -> Fingerprint:
    """Ten frames of five exams, two of them empty and one there twice."""
    for stem in ("f008", "f009"):
        write_grey(data / "masks" / f"{stem}.png", np.zeros((96, 96), np.uint8))
    (data / "images" / "f009.png").write_bytes((data / "images" / "f008.png").read_bytes())
    (data / "exams.csv").write_text("frame,exam\n" + "".join(f"f{n:03},E{n // 2}\n" for n in range(10)), "utf-8")
    pairs = find_pairs(data, name="d")
    return fingerprint(pairs, look_at(pairs))


def advised(plan: Plan, name: str) -> object:
    return next(one.value for one in plan.advice if one.name == name)


def test_a_data_set_is_counted_and_measured(found: Fingerprint) -> None:
    assert (found.frames, found.empty, found.repeated, found.side) == (10, 2, 1, 96)
    assert found.parts == {"d": (10, 2)}
    assert (dict(found.groups), found.largest) == ({"exam": 5}, 2)
    assert found.lesion[1] == pytest.approx(np.pi / 36, rel=0.1)
    assert found.prevalence == pytest.approx(0.8 * np.pi / 36, rel=0.1)
    assert (found.small, found.ignored, found.grey, found.insets) == (0, 0, 0, 0)


def test_every_setting_has_a_reason_in_a_sentence(found: Fingerprint) -> None:
    for where in (CPU, GPU):
        plan = make_plan(found, where)
        assert all(one.why[0].isupper() or one.why[0].isdigit() for one in plan.advice)
        assert all(one.why.endswith(".") for one in plan.advice)


def test_the_machine_decides_the_network_and_how_long(found: Fingerprint) -> None:
    many = dataclasses.replace(found, frames=1800, side=720)
    small, large = make_plan(many, CPU), make_plan(many, GPU)
    assert (small.base, large.base) == ("polyp-start", "polyp-teacher")
    assert advised(small, "size") == 256
    assert int(str(advised(large, "size"))) >= 352
    assert small.epochs < large.epochs
    assert advised(make_plan(many, Surroundings("cpu", 2e9)), "batch") == 4


def test_small_and_rare_lesions_change_loss_and_size(found: Fingerprint) -> None:
    tiny = dataclasses.replace(found, lesion=(0.001, 0.004, 0.02), small=0.9, prevalence=0.005, side=720, frames=900)
    assert advised(make_plan(tiny, CPU), "stages.loss") == "focal_tversky"
    assert advised(make_plan(tiny, GPU), "size") == 384
    assert advised(make_plan(found, CPU), "stages.loss") == "bce_dice"


def test_an_inset_that_tells_empty_frames_is_a_false_cue(found: Fingerprint) -> None:
    plan = make_plan(dataclasses.replace(found, insets=0.02, insets_empty=0.9), CPU)
    assert advised(plan, "augmentation.inset_share") == 0.3
    assert make_plan(found, CPU).settings().get("augmentation.inset_share") is None


def test_few_groups_are_folded_and_many_are_divided(found: Fingerprint) -> None:
    assert advised(make_plan(found, CPU), "split") == "--folds 5 --test 0"
    assert advised(make_plan(dataclasses.replace(found, groups={"sequence": 3}), CPU), "split") == "--folds 3 --test 0"
    assert advised(make_plan(dataclasses.replace(found, groups={"hash": 1}), CPU), "split") == "none"
    many = make_plan(dataclasses.replace(found, groups={"hash": 900}), CPU)
    assert advised(many, "split") == "--validation 0.1 --test 0.1"
    assert "not patients" in next(one.why for one in many.advice if one.name == "split")


def test_the_command_writes_a_recipe_that_fit_takes(data: Path, tmp_path: Path) -> None:
    words = [
        "plan",
        "--data",
        f"d={data}",
        "--device",
        "cpu",
        "--out",
        tmp_path / "mine.toml",
        "--json",
        tmp_path / "p",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "trainer.cli", *map(str, words)], cwd=ROOT, env={**os.environ, "COLUMNS": "250"},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "hash finds duplicates" in done.stdout
    recipe, told = read_recipe(tmp_path / "mine.toml"), json.loads((tmp_path / "p").read_text("utf-8"))
    assert recipe.epochs == told["plan"]["epochs"] == 400
    assert {stage.loss for stage in recipe.stages} == {"bce_dice"}
    assert (recipe.batch, recipe.augmentation.scale) == (4, (0.5, 1.5))
    assert told["fingerprint"]["frames"] == 10
    assert (tmp_path / "mine.toml").read_text("utf-8").startswith("# base = polyp-start: On a CPU")
