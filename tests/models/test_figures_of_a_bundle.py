"""What `benchmarks.model` says about a bundle: the bars of its name, nothing about frames that it learned from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from benchmarks.folds.plan import Sources
from benchmarks.shipped.bars import BARS, barred
from benchmarks.shipped.quality import Judge, quality_figures
from benchmarks.shipped.shortcuts import shortcut_figures
from tests.benchmarks.tiny_sources import tiny_sources
from tests.trainer.conftest import SMALL
from trainer.bundle import Bundle
from trainer.cards import data_digest
from trainer.export import CardFacts, write_bundle
from trainer.models.registry import build_network

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    return tiny_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, sources: Sources) -> Bundle:
    """A network with random weights under the name of the fast one, taught with PolypGen by its card."""
    torch.manual_seed(0)
    pairs = sources.pairs("polypgen")
    row = {"name": "PolypGen", "frames": len(pairs), "digest": data_digest(pairs)}
    facts = CardFacts("polyp-fast", "0", SMALL, (64, 64), "tests", (), {"weights": "none"}, data=(row,))
    return write_bundle(tmp_path_factory.mktemp("bundles") / "small", build_network(SMALL), facts)


@pytest.fixture(scope="module")
def judge(bundle: Bundle, sources: Sources) -> Judge:
    return Judge.of(bundle, sources, quick=False)


def test_unseen_frames_are_measured_against_floor_and_goal(judge: Judge) -> None:
    figures = quality_figures(judge)
    for name in ("kvasir_tenth_dice", "kvasir_tenth_iou", "clinicdb_sequences_dice"):
        row = figures[name].row()
        assert row["ours"] is not None
        assert (row["bar"], row.get("goal")) == BARS["polyp-fast"][name]
    assert "mean over 2 sequences of 6 frames" in str(figures["clinicdb_sequences_dice"].why)
    assert figures["clinicdb_sequences_ece_unsure_pixels"].bar == 0.08


def test_frames_that_taught_are_left_out_with_the_reason(judge: Judge) -> None:
    figures = quality_figures(judge)
    for name in ("polypgen_dice", "polypgen_c1_dice", "polypgen_c4_empty_with_proposal"):
        assert figures[name].ours is None
        assert "were trained on" in str(figures[name].why)
    seen = figures["trained_on_empty_with_proposal"]
    assert seen.bar is None
    assert "4 frames" in str(seen.why)
    assert seen.interval is not None


def test_an_unseen_centre_is_judged_and_its_empty_frames_get_wilsons_interval(
    bundle: Bundle, judge: Judge, sources: Sources
) -> None:
    unseen = dataclasses.replace(judge, bundle=dataclasses.replace(bundle, card={**bundle.card, "data": []}))
    figures = quality_figures(unseen)
    assert all(figures[f"polypgen_{centre}_dice"].ours is not None for centre in ("c1", "c3", "c4"))
    empty = figures["polypgen_c4_empty_with_proposal"]
    alarms = figures["polypgen_c4_empty_frames_with_proposal"].ours
    assert empty.bar == 0.40
    assert alarms is not None
    assert empty.ours == pytest.approx(alarms / 3, abs=1e-4)
    assert empty.interval == {0: (0.0, 0.5615), 3: (0.4385, 1.0)}[int(alarms)]


def test_a_quick_run_is_a_sample_that_is_held_to_nothing(judge: Judge) -> None:
    figure = quality_figures(dataclasses.replace(judge, quick=True))["kvasir_tenth_dice"]
    assert figure.bar is None
    assert "a sample of the frames" in str(figure.why)


def test_what_painting_changes_is_told_by_size_and_direction(judge: Judge) -> None:
    figures = shortcut_figures(judge)
    assert set(figures) == {"inset_dice_change", "text_dice_change", "text_beside_polyp_dice_change"}
    inset = figures["inset_dice_change"]
    assert inset.bar == 0.005
    assert inset.ours is not None
    assert inset.ours >= 0


def test_without_the_data_every_figure_says_so(judge: Judge, tmp_path: Path) -> None:
    nowhere = dataclasses.replace(judge, sources=Sources(tmp_path / "a", tmp_path / "b", tmp_path / "c"))
    figures = {**quality_figures(nowhere), **shortcut_figures(nowhere)}
    assert {figure.ours for figure in figures.values()} == {None}
    assert {figure.why for figure in figures.values()} == {"the real frames are not on this machine"}


def test_a_bundle_of_another_name_has_no_bars() -> None:
    assert barred("mine", "kvasir_tenth_dice", 0.9, better="higher").bar is None
    assert barred("polyp-accurate", "onnx_mb", 24.0, better="lower").ok is True
