"""What a recipe can ask of the loop: stages, early ends, mixtures, averages, precision, boards, teachers."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from tests.trainer.conftest import SMALL, frame_with_polyp, write_data, write_grey, write_rgb
from trainer.bundle import Bundle
from trainer.data.folders import find_pairs
from trainer.data.frames import Frames
from trainer.data.scan import look_at
from trainer.data.split_file import write_split
from trainer.data.splits import Candidate, Rule, make_split
from trainer.errors import DataError, DeviceError, SurroundingsError
from trainer.events import StopSwitch
from trainer.fit import FitOrder, fit
from trainer.models.registry import Architecture, build_network
from trainer.pixels.metrics import Counts
from trainer.pseudo import PseudoLabels
from trainer.recipe import Optimiser, Recipe, Schedule, Stage, Teaching
from trainer.training.board import open_board
from trainer.training.checkpoints import read_checkpoint
from trainer.training.ema import Average
from trainer.training.feed import Feed
from trainer.training.lessons import choose_lessons
from trainer.training.loop import close_epoch, dice_of
from trainer.training.parallel import ALONE
from trainer.training.prediction import figures, predict
from trainer.training.rates import make_optimiser, set_rates
from trainer.training.state import Run, new_run

Tell = Callable[..., None]
Heard = list[dict[str, Any]]
CPU = torch.device("cpu")
TINY = Recipe(
    "tiny", SMALL, (Stage(2, rate=3e-3),), size=32, batch=4, schedule=Schedule("constant", warm_up_steps=0), ema=0.5,
    validation=0.3, precision="float32", augment=False,
)  # fmt: skip


def order(data: Path, out: Path, **changes: Any) -> FitOrder:
    return FitOrder({"d": data}, out, dataclasses.replace(TINY, **changes), seed=1)


def run_of(folder: Path, tell: Tell, **changes: Any) -> Run:
    recipe = dataclasses.replace(TINY, **changes)
    network = build_network(recipe.architecture)
    return new_run(network, recipe, device=CPU, seed=0, folder=folder, tell=tell, stop=StopSwitch())


def judged(dice: float) -> dict[str, float | int | None]:
    return {"holdout_dice": dice, "holdout_iou": dice, "recall": 1.0, "precision": 1.0, "empty_frames": 0,
            "false_proposals": 0}  # fmt: skip


def noise(count: int, *, names: str = "d") -> Frames:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (count, 8, 8, 3), dtype=np.uint8)
    labels = (images[..., 0] > 128).astype(np.uint8)
    keys = tuple(f"{names[n % len(names)]}/{n}" for n in range(count))
    return Frames(keys, images, labels, np.ones(count, np.float32))


def feed_of(frames: Frames, **changes: Any) -> Feed:
    recipe = dataclasses.replace(TINY, **{"size": 8, "batch": 2, **changes})
    return Feed(frames, recipe, seed=0, stride=2, device=CPU, processes=ALONE)


# --- stages and rates --------------------------------------------------------------------------------------------


def test_every_stage_has_its_own_loss_rate_and_size(data: Path, tmp_path: Path, tell: Tell, heard: Heard) -> None:
    stages = (Stage(1, rate=1e-2, loss="bce", size=16), Stage(1, rate=1e-3, loss="dice"))
    fit(order(data, tmp_path, stages=stages), tell=tell, stop=StopSwitch())
    steps = [event for event in heard if event["type"] == "step"]
    assert {(event["epoch"], event["rate"]) for event in steps} == {(0, 1e-2), (1, 1e-3)}


def test_encoder_and_decoder_have_rates_of_their_own() -> None:
    recipe = dataclasses.replace(TINY, stages=(Stage(1, rate=1.0, encoder_rate=0.1), Stage(1, rate=0.5)))
    optimiser = make_optimiser(build_network(SMALL), recipe.optimiser, fused=False)
    for epoch, rates in ((0, [0.1, 1.0]), (1, [0.5, 0.5])):
        set_rates(optimiser, recipe, epoch=epoch, step=0, steps=3, dropped=1.0)
        assert [group["lr"] for group in optimiser.param_groups] == rates


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_every_optimiser_learns(data: Path, tmp_path: Path, tell: Tell, heard: Heard, name: str) -> None:
    rate = {"adamw": 1e-2, "adam": 1e-2, "sgd": 1e-1}[name]
    fit(order(data, tmp_path, optimiser=Optimiser(name), stages=(Stage(8, rate=rate),)), tell=tell, stop=StopSwitch())
    losses = [event["loss"] for event in heard if event["type"] == "evaluation"]
    assert losses[-1] < losses[0]


def test_early_stopping_ends_the_stage_and_a_new_one_begins_afresh(tmp_path: Path, tell: Tell, heard: Heard) -> None:
    run = run_of(tmp_path, tell, stages=(Stage(9, rate=1e-3), Stage(9, rate=1e-3)), early_stopping=2)
    for dice in (0.5, 0.4, 0.5):
        close_epoch(run, judged(dice), loss=0.0)
    assert (run.progress.epoch, run.progress.stale) == (9, 0)
    assert [event["code"] for event in heard if event["type"] == "note"] == ["early_stopping"]
    close_epoch(run, judged(0.6), loss=0.0)
    assert (run.progress.epoch, run.progress.best_dice) == (10, 0.6)


def test_a_plateau_drops_the_rate_and_the_next_stage_has_its_own(tmp_path: Path, tell: Tell) -> None:
    plateau = Schedule("plateau", warm_up_steps=0, patience=2, factor=0.5)
    run = run_of(tmp_path, tell, stages=(Stage(5, rate=1e-3), Stage(5, rate=1e-3)), schedule=plateau)
    dropped = []
    for dice in (0.5, 0.5, 0.4, 0.4, 0.4):
        close_epoch(run, judged(dice), loss=0.0)
        dropped.append(run.progress.dropped)
    assert dropped == [1.0, 1.0, 0.5, 0.5, 1.0]


# --- what is fed -------------------------------------------------------------------------------------------------


def test_an_epoch_shows_every_frame_once_and_no_two_epochs_are_alike() -> None:
    feed = feed_of(noise(10))
    assert sorted(feed.order(0).tolist()) == list(range(10))
    assert feed.order(0).tolist() != feed.order(1).tolist()


def test_mixed_data_sets_have_the_shares_that_they_were_given() -> None:
    frames = noise(400, names="aaab")
    order_of = feed_of(frames, datasets={"a": 1.0, "b": 1.0}).order(0)
    names = [frames.keys[number][0] for number in order_of]
    assert 0.42 < names.count("b") / len(names) < 0.58
    shown = [number for number in order_of if frames.keys[number][0] == "b"]
    assert max(shown.count(number) for number in set(shown)) - min(shown.count(number) for number in set(shown)) <= 1
    assert set(shown) == {number for number, key in enumerate(frames.keys) if key[0] == "b"}


@pytest.mark.parametrize("shares", [{"a": 1.0}, {"a": 1.0, "b": 1.0, "c": 1.0}, {"a": 1.0, "b": 0.0}])
def test_shares_that_do_not_fit_the_data_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(DataError, match="shares of the data sets"):
        feed_of(noise(8, names="ab"), datasets=shares)


def test_multi_scale_draws_sizes_in_whole_strides() -> None:
    feed = feed_of(noise(10), size=16, scales=(0.7, 1.0, 1.3))
    sizes = {feed.size(0, at) for at in range(60)}
    assert sizes == {12, 16, 20}
    assert feed.step(0, 0).batch.image.shape[2] in sizes


def test_accumulation_makes_a_step_of_several_batches(data: Path, tmp_path: Path, tell: Tell, heard: Heard) -> None:
    fit(order(data, tmp_path, batch=2, accumulation=2), tell=tell, stop=StopSwitch())
    assert next(event for event in heard if event["type"] == "plan")["batch"] == 4
    assert read_checkpoint(tmp_path / "last.pt").progress["parts"] == 2


# --- averages, figures, flips ------------------------------------------------------------------------------------


def test_an_average_follows_and_without_a_decay_it_is_the_network() -> None:
    network = build_network(SMALL)
    slow, none = Average(network, decay=0.9), Average(network, decay=0.0)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1.0)
    slow.follow(network)
    none.follow(network)
    name = "decoder.head.weight"
    assert torch.allclose(slow.tensors[name], before[name] + 1 - 2 / 11)
    assert torch.equal(none.tensors[name], network.state_dict()[name])


def test_figures_are_means_over_frames_with_a_polyp_and_empty_ones_are_counted_apart() -> None:
    counts = [Counts(8, 2, 2, 88), Counts(0, 0, 10, 90), Counts(0, 5, 0, 95), Counts(0, 0, 0, 100)]
    found = figures(counts)
    assert found["holdout_dice"] == pytest.approx(0.4)
    assert found["holdout_iou"] == pytest.approx(8 / 12 / 2)
    assert found["recall"] == pytest.approx(0.4)
    assert found["precision"] == pytest.approx(0.8)
    assert (found["empty_frames"], found["false_proposals"]) == (2, 1)
    assert figures(counts[2:])["holdout_dice"] is None


def test_the_mean_over_flips_does_not_change_when_the_frame_is_flipped() -> None:
    torch.manual_seed(0)
    network = build_network(SMALL)
    images = noise(2).images
    there = np.stack(list(predict(network, images, device=CPU, flips=True)))
    back = np.stack(list(predict(network, images[:, :, ::-1].copy(), device=CPU, flips=True)))[:, :, ::-1]
    assert np.allclose(there, back, atol=1e-6)
    assert not np.allclose(there, np.stack(list(predict(network, images, device=CPU))), atol=1e-6)


# --- precision, compilation, boards ------------------------------------------------------------------------------


def test_fp16_without_cuda_is_refused(tmp_path: Path, tell: Tell) -> None:
    with pytest.raises(DeviceError, match="fp16 needs CUDA"):
        run_of(tmp_path, tell, precision="fp16")


def test_bfloat16_trains(data: Path, tmp_path: Path, tell: Tell, heard: Heard) -> None:
    fit(order(data, tmp_path, precision="bf16", channels_last=False), tell=tell, stop=StopSwitch())
    assert heard[-1]["type"] == "result"


def test_a_board_gets_scalars_and_pictures(data: Path, tmp_path: Path, tell: Tell) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(order(data, tmp_path, log="tensorboard"), tell=tell, stop=StopSwitch())
    written = EventAccumulator(str(tmp_path / "tensorboard"))
    written.Reload()
    tags = written.Tags()
    assert {"train/loss", "train/rate", "validation/dice", "validation/iou", "validation/recall"} <= set(
        tags["scalars"]
    )
    assert set(tags["images"]) == {"training frames", "validation frames"}
    assert len(written.Scalars("validation/dice")) == 2


def test_a_missing_tensorboard_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard.writer", None)
    with pytest.raises(SurroundingsError, match="TensorBoard, which is not installed") as caught:
        open_board("tensorboard", tmp_path)
    assert "pip install tensorboard" in caught.value.cure


def test_looking_at_every_third_step_only_changes_nothing_but_the_events(
    data: Path, tmp_path: Path, tell: Tell, heard: Heard
) -> None:
    often, seldom = order(data, tmp_path / "a", batch=1), order(data, tmp_path / "b", batch=1, look_every=3)
    fit(often, tell=tell, stop=StopSwitch())
    heard.clear()
    fit(seldom, tell=tell, stop=StopSwitch())
    steps = [event["step"] for event in heard if event["type"] == "step"]
    assert len(steps) < next(event for event in heard if event["type"] == "plan")["steps"]
    one, other = (read_checkpoint(tmp_path / name / "last.pt") for name in "ab")
    assert all(torch.equal(one.network[name], other.network[name]) for name in one.network)


def test_a_run_leaves_a_contact_sheet(data: Path, tmp_path: Path, tell: Tell) -> None:
    fit(order(data, tmp_path), tell=tell, stop=StopSwitch())
    sheet = cv2.imread(str(tmp_path / "contact_sheet.png"))
    assert sheet is not None
    assert sheet.std() > 10


def test_deep_supervision_reaches_every_head(data: Path, tmp_path: Path, tell: Tell) -> None:
    nested = Architecture("unetplusplus", {"widths": [4, 8, 8], "deep_supervision": True})
    fit(order(data, tmp_path, architecture=nested, deep_supervision=(1.0, 0.5)), tell=tell, stop=StopSwitch())
    torch.manual_seed(1)
    start, end = build_network(nested).state_dict(), read_checkpoint(tmp_path / "last.pt").network
    heads = [name for name in start if "head" in name and name.endswith("weight")]
    assert len(heads) >= 2
    assert not any(torch.equal(start[name], end[name]) for name in heads)


def test_as_many_shares_as_maps_are_asked_for(data: Path, tmp_path: Path, tell: Tell) -> None:
    with pytest.raises(DataError, match="gives 1 maps"):
        fit(order(data, tmp_path, deep_supervision=(1.0, 0.5)), tell=tell, stop=StopSwitch())


# --- sides and teachers ------------------------------------------------------------------------------------------


def test_every_frame_validates_in_exactly_one_fold(data: Path, tmp_path: Path, tell: Tell) -> None:
    import json

    seen: list[str] = []
    for fold in range(3):
        fit(order(data, tmp_path / str(fold), folds=3, fold=fold), tell=tell, stop=StopSwitch())
        written = json.loads((tmp_path / str(fold) / "run.json").read_text("utf-8"))
        assert not set(written["train"]) & set(written["validation"])
        seen += written["validation"]
    assert sorted(seen) == [f"d/f{number:03}" for number in range(10)]


def test_training_leaves_out_the_holdout_and_what_nearly_repeats_it(data: Path, tmp_path: Path, tell: Tell) -> None:
    image = cv2.imread(str(data / "images" / "f001.png"))
    assert image is not None
    cv2.imwrite(str(data / "images" / "again.jpg"), image)
    write_grey(data / "masks" / "again.png", np.zeros((96, 96), np.uint8))
    (tmp_path / "list.txt").write_text("# comment\nf001\n", "utf-8")
    lessons = choose_lessons({"d": data}, TINY, split=None, holdout=tmp_path / "list.txt", tell=tell)
    stems = {pair.stem for pair in (*lessons.training, *lessons.validation)}
    assert stems == {f"f{n:03}" for n in range(10)} - {"f001"}


def test_a_holdout_list_of_other_data_is_refused(data: Path, tmp_path: Path, tell: Tell) -> None:
    (tmp_path / "list.txt").write_text("elsewhere\n", "utf-8")
    with pytest.raises(DataError, match="No frame of"):
        choose_lessons({"d": data}, TINY, split=None, holdout=tmp_path / "list.txt", tell=tell)


def test_a_split_file_decides_who_trains_and_who_judges(data: Path, tmp_path: Path, tell: Tell) -> None:
    pairs = find_pairs(data, name="d")
    seen = look_at(pairs)
    candidates = [Candidate(one.key, None, one.bits, one.pixels) for one in seen]
    split = make_split(candidates, Rule(validation=0.3, test=0.3))
    write_split(tmp_path / "split.json", split)
    lessons = choose_lessons({"d": data}, TINY, split=tmp_path / "split.json", holdout=None, tell=tell)
    assert [pair.key for pair in lessons.training] == split.keys_on("train")
    assert [pair.key for pair in lessons.validation] == split.keys_on("validation")
    assert len(lessons.apart) == len(pairs) - len(lessons.training)
    assert split.keys_on("test")


def test_two_frames_that_cannot_be_parted_judge_themselves_and_that_is_said(
    tmp_path: Path, tell: Tell, heard: Heard
) -> None:
    one = write_data(tmp_path / "one", frames=1)
    fit(order(one, tmp_path / "run", batch=1), tell=tell, stop=StopSwitch())
    assert [event["code"] for event in heard if event["type"] == "warning"] == ["validation.same"]


def test_a_teacher_changes_what_is_learnt(data: Path, tmp_path: Path, tell: Tell, bundle: Bundle) -> None:
    alone = order(data, tmp_path / "alone")
    taught = order(data, tmp_path / "taught", teaching=Teaching(share=1.0))
    fit(alone, tell=tell, stop=StopSwitch())
    fit(dataclasses.replace(taught, teachers=(bundle.folder,)), tell=tell, stop=StopSwitch())
    one, other = (read_checkpoint(tmp_path / name / "last.pt").network for name in ("alone", "taught"))
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_frames_without_labels_need_a_teacher_and_a_weight(data: Path, tmp_path: Path, tell: Tell) -> None:
    with pytest.raises(DataError, match="need a teacher and a weight"):
        fit(dataclasses.replace(order(data, tmp_path), unlabelled=data / "images"), tell=tell, stop=StopSwitch())


def test_frames_without_labels_that_repeat_validation_frames_stay_out(
    data: Path, tmp_path: Path, tell: Tell, heard: Heard, bundle: Bundle
) -> None:
    import json

    for number in range(50, 54):
        write_rgb(tmp_path / "more" / f"m{number}.png", frame_with_polyp(number)[0])
    for path in (data / "images").iterdir():
        (tmp_path / "more" / f"again-{path.name}").write_bytes(path.read_bytes())
    rules = PseudoLabels(weight=0.3, high=0.9, low=0.8999, empty=True)
    wanted = dataclasses.replace(
        order(data, tmp_path / "run", pseudo=rules), teachers=(bundle.folder,), unlabelled=tmp_path / "more"
    )
    fit(wanted, tell=tell, stop=StopSwitch())
    written = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    again = {key.split("again-")[1].removesuffix(".png") for key in written["train"] if "again-" in key}
    assert any(key.startswith("more/m") for key in written["train"])
    assert not again & {key.split("/")[1] for key in written["validation"]}
    assert "pseudo" in [event.get("code") for event in heard]


# --- trouble -----------------------------------------------------------------------------------------------------


def test_missing_and_mismatched_masks_end_a_run_in_one_sentence(data: Path, tmp_path: Path, tell: Tell) -> None:
    write_grey(data / "masks" / "f002.png", np.zeros((50, 96), np.uint8))
    with pytest.raises(DataError, match="50 pixels"):
        fit(order(data, tmp_path / "run"), tell=tell, stop=StopSwitch())
    (data / "masks" / "f002.png").unlink()
    with pytest.raises(DataError, match="f002"):
        fit(order(data, tmp_path / "run"), tell=tell, stop=StopSwitch())


def test_encoder_weights_for_a_network_that_takes_none_are_refused(data: Path, tmp_path: Path, tell: Tell) -> None:
    with pytest.raises(DataError, match="takes no encoder weights"):
        fit(dataclasses.replace(order(data, tmp_path), encoder=tmp_path / "w.npz"), tell=tell, stop=StopSwitch())


def test_memory_that_runs_out_outside_a_step_is_one_sentence(
    data: Path, tmp_path: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("trainer.fit.main", full)
    with pytest.raises(DeviceError, match="do not fit into the memory") as caught:
        fit(order(data, tmp_path), tell=tell, stop=StopSwitch())
    assert caught.value.code == "memory.too_small"


def test_where_no_frame_holds_a_polyp_the_epoch_with_fewest_false_proposals_is_best() -> None:
    empty: dict[str, float | int | None] = {"holdout_dice": None, "empty_frames": 4, "false_proposals": 1}
    assert dice_of(empty) == 0.75
    assert dice_of({**empty, "holdout_dice": 0.3}) == 0.3
