"""What `benchmarks.model` repeats of a card about fold models: by set and figure, with the bars, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

import resources
from benchmarks.shipped.bars import BARS
from benchmarks.shipped.stated import stated_figures
from trainer.bundle import read_bundle

pytestmark = pytest.mark.torch

OTHER = "of the fold model no-C1, not of these weights"


def row(name: str, value: float, on: str) -> dict[str, object]:
    return {"name": name, "value": value, "interval": [0.5, 0.9], "frames": 9, "on": on}


def test_a_figure_keeps_its_set_its_interval_and_its_bar() -> None:
    card = {
        "name": "polyp-fast",
        "metrics": [
            row("per_image_dice", 0.8, f"PolypGen's C1, a hospital left out, {OTHER}"),
            row("ece_between", 0.09, f"PolypGen's C1, a hospital left out, {OTHER}"),
            row("empty_frames_with_proposal", 0.2, f"PolypGen's C4, a hospital left out, {OTHER}"),
            row("per_image_dice", 0.7, f"five sequences of CVC-ClinicDB, {OTHER}"),
            row("mean_over_sequences_dice", 0.6, f"five sequences of CVC-ClinicDB, {OTHER}"),
        ],
    }
    told = stated_figures(card)
    assert set(told) == {
        "fold_polypgen_c1_dice", "fold_polypgen_c1_ece_unsure_pixels", "fold_polypgen_c4_empty_with_proposal",
        "fold_clinicdb_sequences_dice",
    }  # fmt: skip
    dice = told["fold_polypgen_c1_dice"]
    assert (dice.ours, dice.interval, dice.bar, dice.goal) == (0.8, (0.5, 0.9), 0.84, None)
    assert "as the card states" in str(dice.why)
    assert told["fold_polypgen_c1_ece_unsure_pixels"].ok is False
    assert told["fold_polypgen_c4_empty_with_proposal"].bar == 0.4
    assert told["fold_clinicdb_sequences_dice"].ours == 0.6


def test_what_is_of_the_weights_themselves_is_not_a_folds() -> None:
    metrics = [row("per_image_dice", 0.8, "PolypGen's C1, a hospital left out")]
    assert stated_figures({"name": "polyp-fast", "metrics": metrics}) == {}
    assert stated_figures({"name": "somebody-elses", "metrics": metrics}) == {}


@pytest.mark.parametrize("name", ["polyp-fast", "polyp-accurate"])
def test_the_bundles_that_come_along_state_every_figure_that_has_a_bar(name: str) -> None:
    told = stated_figures(read_bundle(Path(resources.path("models")) / name).card)
    for what in (
        "polypgen_dice", "polypgen_c1_dice", "polypgen_c3_dice", "polypgen_c4_dice", "polypgen_c4_empty_with_proposal",
        "kvasir_tenth_dice", "kvasir_tenth_iou", "clinicdb_sequences_dice", "polypgen_c4_ece_unsure_pixels",
        "polypgen_c4_ece_presence",
    ):  # fmt: skip
        figure, bar = told[f"fold_{what}"], BARS[name].get(what)
        assert figure.ours is not None
        assert bar is None or (figure.bar, figure.goal) == bar
    hospitals = [told[f"fold_polypgen_c{n}_dice"].ours or 0.0 for n in (1, 3, 4)]
    assert told["fold_polypgen_dice"].ours == pytest.approx(sum(hospitals) / 3)
