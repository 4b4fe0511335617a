"""What a benchmark prints has one shape, and a figure without a number says why."""

import json

import pytest

from benchmarks.report import Figure, median, percentile, print_report


def test_the_last_line_is_one_json_object_of_the_agreed_shape(capsys: pytest.CaptureFixture[str]) -> None:
    figure = Figure(ours=6.1, bar=10, peer=61, peer_name="napari 0.9.2", better="lower")
    print_report("brush", {"brush_step_1080p_p99_ms": figure})
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(report) == {"benchmark", "machine", "date", "commit", "figures"}
    assert report["figures"]["brush_step_1080p_p99_ms"] == {
        "ours": 6.1, "bar": 10.0, "peer": 61.0, "peer_name": "napari 0.9.2", "limit": None,
        "ratio": 10.0, "better": "lower", "ok": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "bar", "better", "kept"),
    [(10, 10, "lower", True), (10.1, 10, "lower", False), (10, 10, "higher", True), (9.9, 10, "higher", False)],
)
def test_a_bar_is_kept_on_the_right_side(ours: float, bar: float, better: str, kept: bool) -> None:  # noqa: FBT001 - a table
    assert Figure(ours=ours, bar=bar, better="lower" if better == "lower" else "higher").ok is kept


def test_the_ratio_is_above_one_where_we_are_better() -> None:
    assert Figure(ours=2, peer=3, peer_name="p", better="lower").ratio == 1.5
    assert Figure(ours=3, peer=2, peer_name="p", better="higher").ratio == 1.5


def test_a_figure_that_was_not_measured_says_why() -> None:
    with pytest.raises(ValueError, match="says why"):
        Figure(ours=None, better="lower")
    with pytest.raises(ValueError, match="labelme was not measured"):
        Figure(ours=1, peer_name="labelme", better="lower")
    row = Figure(ours=None, better="lower", why="there is no display").row()
    assert row["ours"] is None
    assert row["why"] == "there is no display"


def test_a_goal_and_an_interval_are_told_where_they_are_known() -> None:
    row = Figure(ours=0.9, better="higher", bar=0.88, goal=0.915, interval=(0.87, 0.93)).row()
    assert (row["bar"], row["goal"], row["interval"], row["ok"]) == (0.88, 0.915, (0.87, 0.93), True)


def test_percentiles_are_measured_values() -> None:
    assert percentile([5, 1, 4, 2, 3], 0.99) == 5
    assert percentile([5, 1, 4, 2, 3], 0.2) == 1
    assert median([4, 1, 3, 2]) == 2
