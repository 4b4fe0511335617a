"""Which frames are judged, by what, with which threshold, and how two models are compared."""

import dataclasses
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.trainer.conftest import frame_with_polyp, write_data, write_grey, write_rgb
from tests.trainer.judged_frames import judged, random_frames, table
from trainer.bundle import Bundle
from trainer.cli import app
from trainer.data.folders import Pair, find_pairs
from trainer.errors import DataError, DeviceError
from trainer.evaluation.choosing import (
    AREAS,
    LOGITS,
    THRESHOLDS,
    Chosen,
    Validation,
    choose,
    count_logits,
    fit_temperature,
    read_chosen,
    write_chosen,
)
from trainer.evaluation.comparing import Side, compare, comparison_of, require_same_frames, shown
from trainer.evaluation.evaluate import Order, evaluate, read_report
from trainer.evaluation.lesions import numbered_lesions, sweep_thresholds
from trainer.evaluation.proposals import bundle_source, mask_source
from trainer.evaluation.selection import each_once, select
from trainer.evaluation.table import read_table

NO_PAIR = Pair("d/f", Path(), Path())
"""The proposals of a bundle do not look at files."""


def quiet(_what: str, _done: int) -> None:
    """Hears how far a judgement is."""


def perfect_masks(data: Path, folder: Path) -> Path:
    """A folder of masks like those of another program: here the truth itself."""
    shutil.copytree(data / "masks", folder)
    return folder


# --- which frames ----------------------------------------------------------------------------------------------------


def test_kvasir_and_hyperkvasir_are_one_source_and_count_once(tmp_path: Path) -> None:
    first = write_data(tmp_path / "kvasir-seg", frames=3)
    second = write_data(tmp_path / "hyper", frames=4)
    for stem in ("f000", "f001"):  # the same picture, stored again by another program
        image = cv2.imread(str(first / "images" / f"{stem}.png"))
        assert image is not None
        assert cv2.imwrite(str(second / "images" / f"{stem}.png"), image, [cv2.IMWRITE_PNG_COMPRESSION, 0])
    chosen = select({"kvasir-seg": first, "HyperKvasir segmented": second})
    assert [pair.key for pair in chosen.pairs] == [
        "kvasir-seg/f000", "kvasir-seg/f001", "kvasir-seg/f002", "HyperKvasir segmented/f003",
    ]  # fmt: skip
    assert {dropped.why for dropped in chosen.dropped} == {"one source"}


def test_the_same_file_under_two_names_counts_once(tmp_path: Path) -> None:
    data = write_data(tmp_path / "d", frames=2)
    for folder in ("images", "masks"):
        shutil.copy(data / folder / "f000.png", data / folder / "again.png")
    kept, dropped = each_once(find_pairs(data, name="d"))
    assert [pair.stem for pair in kept] == ["again", "f001"]
    assert (dropped[0].key, dropped[0].same_as, dropped[0].why) == ("d/f000", "d/again", "the same file")


def test_a_side_of_a_split_is_judged_alone_and_a_split_of_other_data_is_refused(tmp_path: Path) -> None:
    data = write_data(tmp_path / "d", frames=4)
    sides = {"d/f000": "test", "d/f001": "train", "d/f002": "validation", "d/f003": "test"}
    assert [pair.stem for pair in select({"d": data}, sides=sides, side="test").pairs] == ["f000", "f003"]
    with pytest.raises(DataError, match="knows no frame"):
        select({"e": data}, sides=sides)
    with pytest.raises(DataError, match="no side 'holdout'"):
        select({"d": data}, sides=sides, side="holdout")


# --- by what ---------------------------------------------------------------------------------------------------------


def test_masks_of_another_program_are_judged_without_probabilities(data: Path, tmp_path: Path) -> None:
    masks = perfect_masks(data, tmp_path / "masks")
    report = evaluate(Order({"data": data}, tmp_path / "r", masks=masks), told=quiet)
    metrics = report["metrics"]
    assert isinstance(metrics, dict)
    assert (metrics["per_image_dice"]["value"], metrics["hd95"]["value"]) == (1.0, 0.0)
    assert metrics["per_image_dice"]["at_network_size"] is None
    assert metrics["roc_auc"]["value"] is None
    assert report["milliseconds"] is None


def test_grey_values_are_probabilities_only_where_somebody_says_so(data: Path, tmp_path: Path) -> None:
    masks = perfect_masks(data, tmp_path / "masks")
    report = evaluate(Order({"data": data}, tmp_path / "r", masks=masks, graded=True), told=quiet)
    metrics = report["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["roc_auc"]["value"] == 1.0


def test_a_missing_or_misplaced_mask_is_named(data: Path, tmp_path: Path) -> None:
    masks = perfect_masks(data, tmp_path / "masks")
    pairs = find_pairs(data, name="data")
    (masks / "f003.png").unlink()
    with pytest.raises(DataError, match="f003"):
        mask_source(masks, pairs, graded=False)
    write_grey(masks / "f003.png", np.zeros((5, 5), np.uint8))
    with pytest.raises(DataError, match="5x5"):
        evaluate(Order({"data": data}, tmp_path / "r", masks=masks), told=quiet)
    assert not (tmp_path / "r").exists()


def test_flips_give_the_mean_of_four_mirror_images(bundle: Bundle) -> None:
    image, _ = frame_with_polyp(0, side=64)
    plain, flipped = (bundle_source(bundle, flips=flips) for flips in (False, True))
    turned = []
    for down in (1, -1):
        for across in (1, -1):
            answer = plain.answer(NO_PAIR, np.ascontiguousarray(image[::down, ::across])).small
            assert answer is not None
            turned.append(answer[::down, ::across])
    mean = flipped.answer(NO_PAIR, image).small
    assert mean is not None
    assert np.allclose(mean, np.mean(turned, axis=0), atol=1e-6)


def test_a_temperature_keeps_the_mask_at_a_half_and_softens_the_rest(bundle: Bundle) -> None:
    image, _ = frame_with_polyp(1)
    plain = bundle_source(bundle).answer(NO_PAIR, image)
    warm = bundle_source(bundle, temperature=2 * bundle.temperature).answer(NO_PAIR, image)
    assert plain.small is not None
    assert warm.small is not None
    assert np.array_equal(plain.small >= 0.5, warm.small >= 0.5)
    assert np.all(np.abs(warm.small - 0.5) <= np.abs(plain.small - 0.5) + 1e-6)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA: nothing to refuse")
def test_a_device_that_is_not_there_is_refused_and_never_replaced(bundle: Bundle) -> None:
    with pytest.raises(DeviceError, match="no CUDA"):
        bundle_source(bundle, device="cuda")


def test_an_order_names_one_model_and_some_data(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    for order in (
        Order({"data": data}, tmp_path / "r"),
        Order({"data": data}, tmp_path / "r", model=bundle.folder, masks=data / "masks"),
        Order({}, tmp_path / "r", model=bundle.folder),
    ):
        with pytest.raises(DataError):
            evaluate(order, told=quiet)


def test_a_folder_that_is_no_report_is_never_replaced(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "precious"
    out.mkdir()
    (out / "work.txt").write_text("years", "utf-8")
    with pytest.raises(DataError, match="no report folder"):
        evaluate(Order({"data": data}, out, model=bundle.folder), told=quiet)
    assert (out / "work.txt").read_text("utf-8") == "years"


def test_a_training_frame_that_repeats_a_judged_one_is_a_leak(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    other = write_data(tmp_path / "other", frames=2, first=50)
    image = cv2.imread(str(data / "images" / "f002.png"))
    assert image is not None
    write_rgb(other / "images" / "f050.png", np.ascontiguousarray(np.minimum(image[..., ::-1], 250)))
    order = Order({"data": data}, tmp_path / "r", model=bundle.folder, training={"other": other}, pictures=False)
    leaks = evaluate(order, told=quiet)["leaks"]
    assert isinstance(leaks, dict)
    assert leaks["training_frames_compared"] == 2
    assert {"judged": "data/f002", "other": "other/f050", "bits": 0} in leaks["training"]


def test_a_run_that_learned_from_a_judged_frame_is_named(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "events.jsonl").write_text('{"type": "step", "step": 1, "loss": 0.5}\n', "utf-8")
    (run / "run.json").write_text(json.dumps({"train": ["data/f001", "data/f777"], "validation": []}), "utf-8")
    leaks = evaluate(Order({"data": data}, tmp_path / "r", model=bundle.folder, run=run), told=quiet)["leaks"]
    assert isinstance(leaks, dict)
    assert leaks["judged_frames_in_the_run"] == ["data/f001"]


# --- with which threshold --------------------------------------------------------------------------------------------


def validation(frames: list[tuple[list[list[int]], list[list[int]]]]) -> Validation:
    sweeps, positive, lesions = [], [], []
    for soft, truth in frames:
        label = np.array(truth, np.uint8)
        numbered = numbered_lesions(label)
        values = np.array(soft, np.uint8)
        sweeps.append(
            sweep_thresholds(
                values, label, thresholds=THRESHOLDS, areas=AREAS,
                field_area=label.size,
            )
        )  # fmt: skip
        positive.append(int((label == 1).sum()))
        lesions.append(int(numbered.max()))
    return Validation(sweeps, np.array(positive), np.array(lesions))


def test_of_thresholds_with_the_same_dice_the_one_with_fewest_false_proposals_is_taken() -> None:
    lesion = ([[230, 230, 0, 0]], [[1, 1, 0, 0]])
    empty = ([[0, 0, 0, 160]], [[0, 0, 0, 0]])
    chosen = choose(validation([lesion, empty]), temperature=1.0)
    assert chosen.threshold > 160 / 255
    assert (chosen.measured["per_image_dice"], chosen.measured["false_proposals"]) == (1.0, 0.0)


def test_sensitivity_comes_before_dice() -> None:
    faint = ([[60, 60, 40, 40]], [[1, 1, 0, 0]])  # found only below .24
    bright = [([[230, 230, 60, 60]], [[1, 1, 0, 0]])] * 4  # better above .24
    chosen = choose(validation([faint, *bright]), temperature=1.0)
    assert chosen.threshold <= 60 / 255
    assert chosen.measured["lesion_sensitivity"] == 1.0
    assert chosen.measured["per_image_dice"] != chosen.measured["best_per_image_dice"]


def test_where_no_threshold_finds_enough_the_choice_says_so() -> None:
    nothing = ([[0, 0, 0, 0]], [[1, 1, 0, 0]])
    found = ([[230, 230, 0, 0]], [[1, 1, 0, 0]])
    assert "no threshold finds 90%" in choose(validation([nothing, found]), temperature=1.0).why
    with pytest.raises(DataError, match="No validation frame holds a polyp"):
        choose(validation([([[9, 9]], [[0, 0]])]), temperature=1.0)


def test_the_temperature_of_logits_that_are_twice_too_large_is_two() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 400_000)
    polyp = rng.random(honest.size) < 1 / (1 + np.exp(-honest))
    loud = 2 * honest
    temperature, before, after = fit_temperature(count_logits(loud[polyp]), count_logits(loud[~polyp]))
    assert temperature == pytest.approx(2.0, rel=0.02)
    assert after < before
    assert count_logits(np.array([-99.0, 0.04, 99.0])).nonzero()[0].tolist() == [0, 160, len(LOGITS) - 1]


def test_a_choice_is_read_as_it_was_written(tmp_path: Path) -> None:
    chosen = Chosen(0.45, 1.3, 0.001, "because", "validation", "sha256:0", {"per_image_dice": 0.8, "frames": 3})
    write_chosen(chosen, tmp_path / "choose.json")
    assert read_chosen(tmp_path / "choose.json") == read_chosen(tmp_path) == chosen
    with pytest.raises(DataError, match="no choice"):
        read_chosen(tmp_path / "none.json")


def test_what_was_chosen_on_validation_is_what_the_test_frames_are_judged_with(
    bundle: Bundle, data: Path, tmp_path: Path
) -> None:
    validate = write_data(tmp_path / "v", frames=4, first=30)
    order = Order({"data": data}, tmp_path / "r", model=bundle.folder, choose={"v": validate})
    report = evaluate(order, told=quiet)
    chosen = read_chosen(tmp_path / "r")
    model = report["model"]
    assert isinstance(model, dict)
    assert (model["threshold"], model["minimum_area"]) == (chosen.threshold, chosen.minimum_area)
    assert model["temperature"] == pytest.approx(chosen.temperature)
    assert (chosen.on, chosen.bundle, chosen.measured["frames"]) == ("v", bundle.digest, 4)


def test_a_frame_never_chooses_the_threshold_and_judges_it(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    order = Order({"data": data}, tmp_path / "r", model=bundle.folder, choose={"other name": data})
    with pytest.raises(DataError, match="10 frames would choose"):
        evaluate(order, told=quiet)
    sides = {f"data/f{n:03}": "validation" if n < 5 else "test" for n in range(10)}
    split = dataclasses.replace(order, choose={"data": data}, sides=sides)
    assert evaluate(split, told=quiet)["frames"] == 5


# --- compared --------------------------------------------------------------------------------------------------------


def side(shift: int, *, count: int = 40, groups: int = 10) -> Side:
    frames = random_frames(count, seed=3)
    return Side(
        table(
            *(
                judged(np.roll(soft, shift, axis=1), label, f"d/{n:02}", group=str(n % groups))
                for n, (soft, label) in enumerate(frames)
            )
        ),
        f"moved {shift}",
        {},
    )


def test_a_model_compared_with_itself_shows_no_difference() -> None:
    rows = comparison_of(side(0), side(0), on="d")["differences"]
    assert isinstance(rows, dict)
    assert all((row["difference"], row["interval"]) == (0.0, (0.0, 0.0)) for row in rows.values())
    assert {row["shown"] for row in rows.values()} == {"no difference shown"}


def test_a_clear_loss_is_shown_in_metrics_where_more_and_where_less_is_better() -> None:
    rows = comparison_of(side(0), side(4), on="d")["differences"]
    assert isinstance(rows, dict)
    assert rows["per_image_dice"]["difference"] < -0.1
    assert rows["per_image_dice"]["shown"] == rows["hd95"]["shown"] == "A is better"
    assert rows["hd95"]["difference"] > 0
    back = comparison_of(side(4), side(0), on="d")["differences"]
    assert isinstance(back, dict)
    assert back["hd95"]["shown"] == "B is better"


def test_pairing_makes_the_interval_of_a_difference_narrower_than_the_two_apart() -> None:
    rows = comparison_of(side(0), side(1), on="d")["differences"]
    assert isinstance(rows, dict)
    low, high = rows["per_image_dice"]["interval"]
    assert 0 < high - low < 0.08


def test_few_groups_are_not_enough_evidence() -> None:
    rows = comparison_of(side(0, groups=4), side(4, groups=4), on="d")["differences"]
    assert isinstance(rows, dict)
    assert rows["per_image_dice"]["shown"] == "not enough evidence"
    assert shown(None, better="higher", enough=True) == "not enough evidence"


def test_reports_on_other_frames_or_on_changed_masks_are_not_compared() -> None:
    with pytest.raises(DataError, match="10 frames were judged by one of the two alone"):
        require_same_frames(side(0).table, side(0, count=30).table)
    changed = dataclasses.replace(side(0).table, digests=np.array(["other"] * 40))
    with pytest.raises(DataError, match="changed between the two"):
        require_same_frames(side(0).table, changed)


def test_report_folders_bundles_and_masks_are_compared_alike(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    masks = perfect_masks(data, tmp_path / "masks")
    judged_before = Order({"data": data}, tmp_path / "a", model=bundle.folder)
    evaluate(judged_before, told=quiet)
    stored = compare(Order({"data": data}, tmp_path / "c"), tmp_path / "a", masks, told=quiet)
    fresh = compare(Order({"data": data}, tmp_path / "e"), bundle.folder, masks, told=quiet)
    rows, again = stored["differences"], fresh["differences"]
    assert isinstance(rows, dict)
    assert isinstance(again, dict)
    for name, row in rows.items():
        assert row["interval"] == pytest.approx(again[name]["interval"], abs=2e-5), name
        assert (row["a"], row["b"], row["shown"]) == (again[name]["a"], again[name]["b"], again[name]["shown"])
    assert rows["per_image_dice"]["b"] == 1.0
    assert json.loads((tmp_path / "c" / "comparison.json").read_text("utf-8"))["frames"] == 10
    assert (tmp_path / "c" / "report.html").is_file()
    with pytest.raises(DataError, match="no report folder"):
        compare(Order({}, tmp_path / "g"), masks, masks, told=quiet)


def test_a_stored_table_tells_the_same_as_before(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    evaluate(Order({"data": data}, tmp_path / "a", model=bundle.folder), told=quiet)
    stored = read_table(tmp_path / "a")
    metrics = read_report(tmp_path / "a")["metrics"]
    assert isinstance(metrics, dict)
    dice = 2 * stored.frame.counts[:, 0] / (2 * stored.frame.counts[:, 0] + stored.frame.counts[:, 1:3].sum(axis=1))
    assert metrics["per_image_dice"]["value"] == pytest.approx(dice.mean(), abs=1e-5)
    (tmp_path / "a" / "frames.npz").write_bytes(b"broken")
    with pytest.raises(DataError, match="missing or damaged"):
        read_table(tmp_path / "a")


def test_the_command_judges_masks_and_compares_two_reports(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    masks, runner = perfect_masks(data, tmp_path / "masks"), CliRunner()
    command = ["evaluate", "--data", str(data), "--no-pictures"]
    judged_model = runner.invoke(app, [*command, "--model", str(bundle.folder), "--out", str(tmp_path / "a")])
    assert judged_model.exit_code == 0, judged_model.output
    assert "per_image_dice" in judged_model.output
    assert runner.invoke(app, [*command, "--masks", str(masks), "--out", str(tmp_path / "b")]).exit_code == 0
    folders = [str(tmp_path / name) for name in ("a", "b", "c")]
    compared = runner.invoke(app, ["evaluate", "--compare", *folders[:2], "--out", folders[2]])
    assert compared.exit_code == 0, compared.output
    assert "? not enough evidence" in " ".join(compared.output.split())
    split = str(tmp_path / "split.json")
    assert runner.invoke(app, ["split", str(data), "--out", split, "--test", "0.5"]).exit_code == 0
    shutil.rmtree(tmp_path / "a")
    on_test = runner.invoke(app, [*command, "--masks", str(masks), "--split", split, "--out", folders[0]])
    assert on_test.exit_code == 0, on_test.output
    assert 0 < len(read_table(tmp_path / "a")) < 10
    refused = runner.invoke(app, ["evaluate", "--compare", folders[0], str(masks), "--out", folders[2]])
    assert refused.exit_code == 1
    assert "is no report folder" in " ".join(refused.output.split())
