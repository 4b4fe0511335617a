"""`per_image.csv`: one row a frame, for spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from trainer.evaluation.definitions import frame_dice, frame_iou, frame_pranet_dice, frame_two_class_iou
from trainer.evaluation.table import FN, FP, TN, TP, Grid, Table

GRID_COLUMNS = ("dice", "iou", "two_class_iou", "pranet_dice", "nsd_2px", "hd95", "tp", "fp", "fn", "tn")
COLUMNS = (
    "frame", "group", "polyp", "lesion_area", "confidence", "presence", "lesions", "found", "false_proposals",
    "missed", "milliseconds", *GRID_COLUMNS, *(f"network_{name}" for name in GRID_COLUMNS),
)  # fmt: skip


def write_rows(table: Table, path: Path) -> None:
    """Write the CSV; what cannot be told of a frame is left empty."""
    here = _grid_columns(table.frame, graded=bool(table.graded))
    there = _grid_columns(table.network, graded=True) if table.network is not None else None
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in range(len(table)):
            first = (
                table.keys[row], table.groups[row], int(table.frame.polyp[row]), _text(table.area[row]),
                _text(table.confidence[row]), _text(table.presence[row]), table.lesions[row], table.found[row],
                table.alarms[row], int(table.frame.missed[row]), _text(table.milliseconds[row]),
            )  # fmt: skip
            second = [column[row] for column in here]
            third = [""] * len(GRID_COLUMNS) if there is None else [column[row] for column in there]
            writer.writerow([*first, *second, *third])


def _grid_columns(grid: Grid, *, graded: bool) -> list[list[str]]:
    measured = [
        frame_dice(grid),
        frame_iou(grid),
        frame_two_class_iou(grid),
        frame_pranet_dice(grid) if graded else np.full(len(grid.counts), np.nan),
        grid.nsd,
        grid.hd95,
    ]
    counts = [grid.counts[:, number] for number in (TP, FP, FN, TN)]
    return [[_text(value) for value in column] for column in measured] + [
        [str(value) for value in column] for column in counts
    ]


def _text(value: float) -> str:
    return f"{value:.5f}" if np.isfinite(value) else ""
