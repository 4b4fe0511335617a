"""TensorBoard beside a run: scalars of looks, figures of judgements, and pictures. Only its writer is used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trainer.errors import SurroundingsError


class Board(Protocol):
    """The part of TensorBoard's SummaryWriter that is used here."""

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None: ...
    def add_image(self, tag: str, img_tensor: NDArray[np.uint8], global_step: int, *, dataformats: str) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


def open_board(log: str, folder: Path) -> Board | None:
    """A board in `folder` when `log` is "tensorboard"; raises SurroundingsError when TensorBoard is not installed."""
    if log != "tensorboard":
        return None
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError as error:
        raise SurroundingsError(
            "tensorboard.missing",
            "The recipe writes for TensorBoard, which is not installed here.",
            "Install it with: pip install tensorboard, or give --set log=''.",
        ) from error
    board: Board = SummaryWriter(log_dir=str(folder / "tensorboard"))
    return board


def close_board(board: Board | None) -> None:
    """Write what waits, and end the board's thread."""
    if board is not None:
        board.close()


def write_scalars(board: Board | None, values: Mapping[str, float | int | None], step: int) -> None:
    """Every value that was measured, by its name."""
    if board is not None:
        for name, value in values.items():
            if value is not None:
                board.add_scalar(name, float(value), step)


def write_picture(board: Board | None, name: str, picture: NDArray[np.uint8], step: int) -> None:
    """`picture`: `(height, width, 3)` uint8 RGB."""
    if board is not None:
        board.add_image(name, picture, step, dataformats="HWC")
        board.flush()
