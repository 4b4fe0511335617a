"""The protocol: what judges never teaches, a fold is judged once, and a fold that was stopped goes on to the same."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch

from benchmarks.folds.choosing import EMPTY, mucosa_folder
from benchmarks.folds.figures import figures_of_study
from benchmarks.folds.fitting import Deadline, fit_fold
from benchmarks.folds.judging import judge_fold
from benchmarks.folds.plan import (
    FOLDS,
    KVASIR_ONLY,
    Sources,
    Study,
    place_of,
    study_folder,
    teacher_folders,
)
from benchmarks.folds.sides import judged_pairs, made_split, split_of, training_pairs
from benchmarks.folds.stages import go_on, left_of
from tests.benchmarks.tiny_sources import tiny_sources, tiny_study
from trainer.bundle import read_bundle
from trainer.data.folders import find_pairs, read_pair
from trainer.data.splits import leaks_of
from trainer.errors import DataError
from trainer.training.checkpoints import read_checkpoint

pytestmark = [pytest.mark.torch, pytest.mark.slow]

FOLD = FOLDS["no-C4"]
NEVER = float("inf")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study whose fold without C4 was trained, has chosen and was judged."""
    folder = tmp_path_factory.mktemp("folds")
    study = tiny_study(folder, tiny_sources(folder / "data"))
    assert go_on([FOLD], study, stage=None, again=False, stop=Deadline(NEVER))
    return study


@pytest.fixture
def copy(whole: Study, tmp_path: Path) -> Study:
    """The same, to be spoilt."""
    shutil.copytree(whole.folder, tmp_path / "tiny")
    shutil.copytree(whole.sources.kvasir.parent, tmp_path / "data")
    data = tmp_path / "data"
    sources = dataclasses.replace(
        whole.sources, kvasir=data / "kvasir", polypgen=data / "polypgen", clinicdb=data / "clinicdb"
    )
    return dataclasses.replace(whole, folder=tmp_path / "tiny", sources=sources)


def judged_of(study: Study) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(place_of(FOLD, study).judged.read_text("utf-8"))
    return values


def test_a_fold_from_its_split_to_its_judgement(whole: Study) -> None:
    place = place_of(FOLD, whole)
    run = json.loads((place.run / "run.json").read_text("utf-8"))
    learned = {key.partition("#")[0] for side in ("train", "validation") for key in run[side]}
    assert learned
    assert not [key for key in learned if "C4-" in key or key in {"kvasir/k00", "kvasir/k01", "kvasir/k02"}]
    assert not [key for key in learned if key.startswith("clinicdb")]
    judged = judged_of(whole)
    frames = judged["sets"]["C4"]["per_frame"]
    assert {row["frame"] for row in frames} == {f"polypgen/C4-{number}" for number in range(8)}
    assert sum(not row["polyp"] for row in frames) == 3
    dices = [row["dice"] for row in frames if row["polyp"]]
    assert len(set(dices)) == 5
    assert judged["sets"]["C4"]["per_image_dice"]["value"] == pytest.approx(sum(dices) / 5, abs=1e-4)
    assert all(row["dice"] is None for row in frames if not row["polyp"])
    assert judged["opened"] == 1
    assert judged["bundle"] == read_bundle(place.bundle).digest


def test_threshold_and_temperature_of_the_judged_bundle_are_the_chosen_ones(whole: Study) -> None:
    chosen, judged = judged_of(whole)["chosen"], judged_of(whole)
    for name in ("threshold", "temperature", "minimum_area"):
        assert judged[name] == chosen[name]
    assert chosen["measured"]["frames_without_polyp"] > 0


def test_empty_frames_have_their_wilson_interval(whole: Study) -> None:
    empty = judged_of(whole)["sets"]["C4"]["empty"]
    assert empty["frames"] == 3
    low, high = empty["interval"]
    assert 0 <= low <= empty["with_proposal"] / 3 <= high <= 1
    assert high - low > 0.4


def test_a_judged_fold_is_not_judged_again_unless_asked_and_then_counts_it(copy: Study) -> None:
    with pytest.raises(DataError, match="judged already"):
        go_on([FOLD], copy, stage="judge", again=False, stop=Deadline(NEVER))
    with pytest.raises(DataError, match="judged already"):
        go_on([FOLD], copy, stage="choose", again=False, stop=Deadline(NEVER))
    assert left_of(place_of(FOLD, copy), FOLD, again=False) == []
    before = judged_of(copy)
    assert go_on([FOLD], copy, stage=None, again=True, stop=Deadline(NEVER))
    after = judged_of(copy)
    assert after["opened"] == 2
    assert [row["dice"] for row in after["sets"]["C4"]["per_frame"]] == [
        row["dice"] for row in before["sets"]["C4"]["per_frame"]
    ]


def test_a_fold_that_is_stopped_goes_on_to_the_same_weights(whole: Study, tmp_path: Path) -> None:
    study = tiny_study(tmp_path, whole.sources)
    calls = 0
    while not fit_fold(FOLD, study, stop=Deadline(0.2, clock=counting()), looks={}):
        assert not place_of(FOLD, study).fitted.is_file()
        calls += 1
        assert calls < 50
    assert calls > 1
    ours, theirs = (read_checkpoint(place_of(FOLD, one).run / "best.pt") for one in (study, whole))
    assert ours.average.keys() == theirs.average.keys()
    assert all(torch.equal(tensor, theirs.average[name]) for name, tensor in ours.average.items())
    assert place_of(FOLD, study).fitted.read_bytes() == place_of(FOLD, whole).fitted.read_bytes()


def counting() -> Callable[[], float]:
    """A clock on which every look takes a second."""
    seconds: Iterator[int] = iter(range(10_000))
    return lambda: float(next(seconds))


def test_no_stage_begins_once_the_minutes_are_over(whole: Study, tmp_path: Path) -> None:
    study = tiny_study(tmp_path, whole.sources)
    assert not go_on([FOLD], study, stage=None, again=False, stop=Deadline(0))
    assert not study.folder.exists()


def test_a_judged_frame_that_repeats_one_that_taught_makes_the_fold_refuse(copy: Study) -> None:
    place = place_of(FOLD, copy)
    split = split_of(FOLD, copy.sources, place, {})
    training, _ = training_pairs(FOLD, copy.sources, split)
    image = cv2.imread(str(training[0].image))
    assert image is not None
    cv2.imwrite(str(copy.sources.polypgen / "images" / "C4-5.png"), cv2.GaussianBlur(image, (3, 3), 0))
    place.judged.unlink()
    with pytest.raises(DataError, match=rf"polypgen/C4-5 and {training[0].key}"):
        judge_fold(FOLD, copy, again=False, looks={})
    assert not place.judged.exists()


def test_a_run_that_looked_at_frames_kept_apart_is_not_judged(copy: Study) -> None:
    place = place_of(FOLD, copy)
    run = json.loads((place.run / "run.json").read_text("utf-8"))
    run["train"].append("polypgen/C4-7")
    (place.run / "run.json").write_text(json.dumps(run), "utf-8")
    with pytest.raises(DataError, match=r"polypgen/C4-7"):
        judge_fold(FOLD, copy, again=True, looks={})


def test_another_bundle_is_not_judged_in_its_place(copy: Study) -> None:
    card = place_of(FOLD, copy).bundle / "card.json"
    card.write_text(card.read_text("utf-8").replace('"threshold": 0', '"threshold": 1e-9, "was": 0'), "utf-8")
    with pytest.raises(DataError, match="not the one that the fold made"):
        judge_fold(FOLD, copy, again=True, looks={})


def test_a_copy_of_a_judged_frame_in_the_training_data_never_trains(tmp_path: Path) -> None:
    sources = tiny_sources(tmp_path / "data")
    shutil.copy(sources.polypgen / "images" / "C4-5.png", sources.kvasir / "images" / "copy.png")
    shutil.copy(sources.polypgen / "masks" / "C4-5.png", sources.kvasir / "masks" / "copy.png")
    split = made_split(FOLD, sources, {})
    assert "kvasir/copy" in split.left_out
    assert split.frames["polypgen/C4-5"].side == "test"
    assert leaks_of(split) == []


def test_a_split_with_near_duplicates_on_two_sides_is_refused(copy: Study) -> None:
    place = place_of(FOLD, copy)
    split = json.loads(place.split.read_text("utf-8"))
    learned = next(key for key, row in split["frames"].items() if row["side"] == "train")
    split["frames"]["polypgen/C4-5"]["hash"] = split["frames"][learned]["hash"]
    place.split.write_text(json.dumps(split), "utf-8")
    place.fitted.unlink()
    with pytest.raises(DataError, match="nearly repeat each other on two sides"):
        fit_fold(FOLD, copy, stop=Deadline(NEVER), looks={})


def test_what_each_fold_sees(tmp_path: Path) -> None:
    sources = tiny_sources(tmp_path / "data")
    looks: dict[str, Any] = {}
    for name, fold in FOLDS.items():
        split = made_split(fold, sources, looks)
        training, choosing = training_pairs(fold, sources, split)
        learned = {pair.key for pair in (*training, *choosing)}
        judged = {pair.key for judges in fold.judges for pair in judged_pairs(judges, sources, split)}
        assert training, name
        assert choosing, name
        assert not learned & judged, name
        assert not any(key.startswith("clinicdb") for key in learned), name
        assert any(key.startswith("kvasir") for key in learned) == (name != "polypgen-only")
        assert ("kvasir/k00" in learned) == (name == "ship")
        for centre in ("C1", "C3", "C4"):
            assert any(f"/{centre}-" in key for key in learned) == (name not in (f"no-{centre}", KVASIR_ONLY))
        counts = {"no-C1": 6, "no-C3": 6, "no-C4": 8, "all": 9, "ship": 0, "polypgen-only": 9, KVASIR_ONLY: 29}
        assert len(judged) == counts[name]


def test_crops_of_mucosa_choose_as_empty_frames_where_there_are_none(whole: Study, tmp_path: Path) -> None:
    pairs = [pair for pair in find_pairs(whole.sources.polypgen, name="polypgen") if "C1" in pair.key]
    crops = mucosa_folder(pairs, tmp_path / "mucosa", count=3)
    assert len(crops) == 3
    boxes = json.loads((tmp_path / "mucosa" / "boxes.json").read_text("utf-8"))
    labels = {pair.key: read_pair(pair) for pair in pairs}
    for key, (left, top, right, bottom) in boxes.items():
        image, label = labels[key]
        assert not label[top:bottom, left:right].any()
        crop = next(one for one in crops if one.stem == key.replace("/", "-"))
        assert (read_pair(crop)[0] == image[top:bottom, left:right]).all()
        assert not read_pair(crop)[1].any()
    assert mucosa_folder(pairs, tmp_path / "none", count=0) == []
    assert EMPTY >= 20


def test_a_teacher_of_the_same_fold_teaches(whole: Study, tmp_path: Path) -> None:
    student = tiny_study(tmp_path, whole.sources, name="student", teachers=(whole.folder,))
    assert fit_fold(FOLD, student, stop=Deadline(NEVER), looks={})
    order = json.loads(place_of(FOLD, student).order.read_text("utf-8"))
    assert order["teachers"] == [read_bundle(place_of(FOLD, whole).bundle).digest]


def test_a_teacher_of_another_fold_is_refused(copy: Study, tmp_path: Path) -> None:
    (copy.folder / "no-C4").rename(copy.folder / "no-C3")
    student = tiny_study(tmp_path, copy.sources, name="student", teachers=(copy.folder,))
    with pytest.raises(DataError, match="not made within the fold no-C3"):
        fit_fold(FOLDS["no-C3"], student, stop=Deadline(NEVER), looks={})
    with pytest.raises(DataError, match="no bundle of the fold no-C4 yet"):
        fit_fold(FOLD, student, stop=Deadline(NEVER), looks={})


def test_a_fold_goes_on_with_nothing_else_than_it_was_begun_with(copy: Study) -> None:
    place_of(FOLD, copy).fitted.unlink()
    other = dataclasses.replace(copy, recipe=dataclasses.replace(copy.recipe, ema=0.9), seed=2)
    with pytest.raises(DataError, match="begun with another recipe, seed"):
        fit_fold(FOLD, other, stop=Deadline(NEVER), looks={})


def test_a_fold_that_was_begun_before_recipes_had_a_field_goes_on_with_its_default(copy: Study) -> None:
    place = place_of(FOLD, copy)
    order = json.loads(place.order.read_text("utf-8"))
    del order["recipe"]["freeze_early"]
    place.order.write_text(json.dumps(order), "utf-8")
    place.fitted.unlink()
    assert fit_fold(FOLD, copy, stop=Deadline(NEVER), looks={})
    place.fitted.unlink()
    other = dataclasses.replace(copy, recipe=dataclasses.replace(copy.recipe, freeze_early=True))
    with pytest.raises(DataError, match="begun with another recipe"):
        fit_fold(FOLD, other, stop=Deadline(NEVER), looks={})


def test_the_figures_of_a_study_that_is_not_done_say_what_is_missing(whole: Study) -> None:
    fast = dataclasses.replace(whole, recipe=dataclasses.replace(whole.recipe, name="polyp-fast"))
    figures = figures_of_study(fast)
    judged = judged_of(whole)["sets"]["C4"]
    assert figures["polypgen_c4_dice"].ours == judged["per_image_dice"]["value"]
    assert figures["polypgen_c4_dice"].bar == 0.70
    assert figures["polypgen_c4_empty_with_proposal"].bar == 0.40
    assert figures["polypgen_c4_empty_with_proposal"].goal == 0.15
    assert figures["polypgen_c4_ece_unsure_pixels"].ours == judged["ece_between"]["value"]
    assert figures["polypgen_c4_ece_presence"].bar == 0.08
    assert figures["polypgen_c4_inset_dice_change"].bar == 0.005
    chosen = judged_of(whole)["chosen"]["measured"]
    assert figures["no_C4_choosing_per_image_dice"].ours == chosen["per_image_dice"]
    assert "no_C1_choosing_per_image_dice" not in figures
    first = figures["polypgen_c1_dice"]
    assert (first.ours, first.bar, first.why) == (None, 0.84, "the fold no-C1 is not begun")
    assert figures["polypgen_dice"].why == "not judged yet: no-C1, no-C3"
    assert figures["clinicdb_sequences_dice"].ours is None
    assert figures_of_study(whole)["polypgen_c4_dice"].bar is None
    assert figures_of_study(fast, quick="four steps")["polypgen_c4_dice"].bar is None


def test_every_centre_judged_gives_their_mean(copy: Study) -> None:
    for fold, dice in (("no-C1", 0.8), ("no-C3", 0.9)):
        values = judged_of(copy)
        values["sets"] = {fold.removeprefix("no-"): values["sets"]["C4"]}
        for what in ("per_image_dice", "per_image_iou"):
            values["sets"][fold.removeprefix("no-")][what]["value"] = dice
        (copy.folder / fold).mkdir()
        (copy.folder / fold / "judged.json").write_text(json.dumps(values), "utf-8")
    figures = figures_of_study(copy)
    here = figures["polypgen_c4_dice"].ours
    assert here is not None
    macro = figures["polypgen_dice"]
    assert macro.ours == pytest.approx((0.8 + 0.9 + here) / 3)
    assert macro.interval is not None
    assert macro.interval[0] <= here <= macro.interval[1]


def test_the_tenth_and_the_sequences_are_judged_in_the_fold_of_all_centres(whole: Study, tmp_path: Path) -> None:
    study = tiny_study(tmp_path, whole.sources)
    assert go_on([FOLDS["all"]], study, stage=None, again=False, stop=Deadline(NEVER))
    judged = json.loads(place_of(FOLDS["all"], study).judged.read_text("utf-8"))["sets"]
    assert set(judged) == {"kvasir-tenth", "clinicdb"}
    sequences = judged["clinicdb"]["sequences"]
    each = sequences["each"]
    assert {name: row["frames"] for name, row in each.items()} == {"0": 4, "1": 2}
    assert sequences["dice"]["value"] == pytest.approx((each["0"]["dice"] + each["1"]["dice"]) / 2, abs=1e-4)
    figures = figures_of_study(study)
    assert figures["clinicdb_sequences_dice"].ours == sequences["dice"]["value"]
    assert figures["kvasir_tenth_dice"].ours == judged["kvasir-tenth"]["per_image_dice"]["value"]


def test_what_ships_is_trained_on_everything_and_judged_on_nothing(whole: Study, tmp_path: Path) -> None:
    study = tiny_study(tmp_path, whole.sources)
    ship = FOLDS["ship"]
    assert go_on([ship], study, stage=None, again=False, stop=Deadline(NEVER))
    assert read_bundle(place_of(ship, study).bundle).name == "tiny ship"
    with pytest.raises(DataError, match="trains on everything"):
        judge_fold(ship, study, again=False, looks={})


def test_stages_are_done_in_their_order(whole: Study, tmp_path: Path) -> None:
    study = tiny_study(tmp_path, whole.sources)
    for stage, why in (("choose", "not trained yet"), ("judge", "not chosen yet")):
        with pytest.raises(DataError, match=why):
            go_on([FOLD], study, stage=stage, again=False, stop=Deadline(NEVER))


def test_studies_are_named_by_recipe_and_seed(tmp_path: Path) -> None:
    assert study_folder("polyp-fast", 0, runs=tmp_path) == tmp_path / "polyp-fast"
    assert study_folder("polyp-fast", 2, runs=tmp_path) == tmp_path / "polyp-fast-seed2"
    for name in ("teacher", "teacher-seed1", "teacher-large"):
        (tmp_path / name).mkdir()
    assert [path.name for path in teacher_folders("teacher", runs=tmp_path)] == ["teacher", "teacher-seed1"]
    with pytest.raises(DataError, match="no study nobody"):
        teacher_folders("nobody", runs=tmp_path)


def test_the_frames_of_a_set_are_found_by_its_name(whole: Study) -> None:
    sources: Sources = whole.sources
    assert len(sources.pairs("C4")) == 8
    assert [pair.stem for pair in sources.pairs("kvasir-tenth")] == ["k00", "k01", "k02"]
    assert len(sources.pairs("clinicdb")) == 6
