"""The report folder: one page that opens offline, figures for programs, rows for spreadsheets, metrics for a card."""

import csv
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.trainer.conftest import write_data, write_grey
from trainer.bundle import Bundle
from trainer.cards import report_metrics
from trainer.errors import DataError
from trainer.evaluation.definitions import DEFINITIONS
from trainer.evaluation.evaluate import Order, evaluate
from trainer.evaluation.page import warnings_of
from trainer.evaluation.plots import Chart, Series, draw, ticks, upper
from trainer.evaluation.wording import SECTIONS


@pytest.fixture(scope="module")
def report(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames, two of them without a polyp, judged by a small untrained bundle, with the curves of a run."""
    folder = tmp_path_factory.mktemp("report")
    data = write_data(folder / "data", frames=12)
    for stem in ("f003", "f007"):
        write_grey(data / "masks" / f"{stem}.png", np.zeros((96, 96), np.uint8))
    run = folder / "run"
    run.mkdir()
    lines = [{"type": "step", "step": n, "loss": 1 / n} for n in range(1, 700)]
    lines += [{"type": "evaluation", "step": n, "train_dice": 0.5, "holdout_dice": None} for n in (300, 600)]
    (run / "events.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    order = Order({"data": data}, folder / "out", model=bundle.folder, run=run, on="<made> frames")
    evaluate(order, told=lambda _what, _done: None)
    return folder / "out"


def figures(report: Path) -> dict[str, Any]:
    return dict(json.loads((report / "metrics.json").read_text("utf-8")))


def page(report: Path) -> str:
    return (report / "report.html").read_text("utf-8")


def test_the_folder_holds_page_figures_rows_and_columns(report: Path) -> None:
    assert sorted(path.name for path in report.iterdir()) == [
        "frames.npz", "metrics.json", "per_image.csv", "report.html",
    ]  # fmt: skip


def test_the_page_needs_nothing_from_outside_and_runs_nothing(report: Path) -> None:
    html = page(report)
    outside = re.findall(r"(?:src|href)=\"(?!data:image/jpeg;base64,)[^\"]*\"|https?://|<script|@import|url\(", html)
    assert outside == []


def test_every_picture_and_chart_of_the_page_is_there(report: Path) -> None:
    html = page(report)
    # Of ten frames with a polyp five are the worst and five the best; the two without one may be shown as well.
    assert 10 <= html.count("<figure>") <= 12
    titles = (
        "Dice of frames with a polyp", "Confusion matrix", "IoU against threshold", "ROC of pixels",
        "Precision and recall", "Reliability", "Lesions found", "Loss in training", "Dice in training",
        "By size of the lesion", "Leaks", "Protocol", "Worst frames", "Best frames",
    )  # fmt: skip
    assert [title for title in titles if title not in html] == []
    for chart in re.findall(r"<svg.*?</svg>", html):
        assert ET.fromstring(chart).tag == "svg"  # noqa: S314 # our own page
        assert "nan" not in chart


def test_every_definition_stands_in_the_page_with_what_it_is(report: Path) -> None:
    html = page(report)
    assert all(title in html for section in SECTIONS.values() for title in section.values())
    assert "Keras MeanIoU(2)" in html
    assert "&lt;made&gt; frames" in html


def test_figures_name_every_metric_with_value_intervals_and_meaning(report: Path) -> None:
    values = figures(report)
    assert values["schema"] == "polyp-trainer/report/2"
    assert (values["frames"], values["frames_with_polyp"], values["lesions"]) == (12, 10, 10)
    assert list(values["metrics"]) == list(DEFINITIONS)
    for name, told in values["metrics"].items():
        assert set(told) == {"value", "interval", "interval_by_group", "at_network_size", "is", "better"}, name
        if told["interval"] is not None:
            assert told["interval"][0] <= told["value"] <= told["interval"][1], name
    assert values["metrics"]["per_image_dice"]["at_network_size"]["value"] is not None
    assert values["milliseconds"]["p50"] <= values["milliseconds"]["p95"]


def test_a_card_lists_the_metrics_of_a_report_folder(report: Path) -> None:
    listed = report_metrics(report)
    assert listed == report_metrics(report / "metrics.json")
    dice = next(metric for metric in listed if metric["name"] == "per_image_dice")
    assert dice["value"] == figures(report)["metrics"]["per_image_dice"]["value"]
    assert (dice["on"], dice["frames"]) == ("<made> frames", 12)
    assert all(metric["value"] is not None for metric in listed)
    with pytest.raises(DataError, match="no report"):
        report_metrics(report / "report.html")


def test_rows_give_dice_to_frames_with_a_polyp_alone_and_add_up(report: Path) -> None:
    with (report / "per_image.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows if row["dice"] == ""] == ["data/f003", "data/f007"]
    dice = np.mean([float(row["dice"]) for row in rows if row["dice"]])
    assert dice == pytest.approx(figures(report)["metrics"]["per_image_dice"]["value"], abs=1e-4)
    totals = {name: sum(int(row[name]) for row in rows) for name in ("tp", "fp", "fn", "tn")}
    assert totals == figures(report)["confusion"]["frame"]
    assert sum(totals.values()) == 12 * 96 * 96


def test_a_small_set_warns_before_its_numbers(report: Path) -> None:
    assert any("Fewer than 30 frames" in text for text in warnings_of(figures(report)))
    assert page(report).index("Fewer than 30 frames") < page(report).index("Dice, per image")


def test_pictures_can_be_left_out(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    order = Order({"data": data}, tmp_path / "r", model=bundle.folder, pictures=False)
    evaluate(order, told=lambda _what, _done: None)
    assert "<img" not in page(tmp_path / "r")


def test_a_report_replaces_an_older_one_whole(bundle: Bundle, data: Path, tmp_path: Path) -> None:
    for on in ("first", "second"):
        order = Order({"data": data}, tmp_path / "r", model=bundle.folder, on=on, pictures=False)
        evaluate(order, told=lambda _what, _done: None)
    assert figures(tmp_path / "r")["on"] == "second"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


# --- charts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.5, 1, [0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (0, 1400, [0, 500, 1000]),
        (2, 2, [2]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_an_axis_ends_on_a_round_number_above_what_it_shows() -> None:
    assert [upper([0.13]), upper([37, 2]), upper([]), upper([100])] == pytest.approx([0.15, 40, 1e-9, 100])


def test_what_lies_outside_the_axes_stays_on_the_chart() -> None:
    drawn = draw(Chart("<t>", "x", "y", [Series("s", [-5, 0.5, 9], [7, 0.5, -1], kind="both")]))
    places = [float(value) for value in re.findall(r"c[xy]=\"([^\"]+)\"", drawn)]
    assert min(places) >= 0
    assert max(places) <= 360
    assert "&lt;t&gt;" in drawn
