"""`predict`: masks for images without a project."""

from __future__ import annotations

from pathlib import Path

from polypviewer.cli.speaking import FAILED, aside, out, progress_bar, say_json
from polypviewer.session.predicting import PredictChoice, predict_files

__all__ = ["PredictChoice", "run_predict"]


def run_predict(paths: list[Path], choice: PredictChoice, *, as_json: bool) -> None:
    """Write the masks and say what became of each image; exit code 1 if any could not be used."""
    with progress_bar("Predicting", quiet=as_json) as tell:
        done = predict_files(paths, choice, tell=tell)
    if as_json:
        say_json(done.document)
    else:
        out().print(f"{len(done.written)} masks in {choice.out} (on {done.device}, {done.milliseconds:.0f} ms each).")
    for refusal in done.refused:
        aside().print(f"{refusal.name}: {refusal.error.sentence}", markup=False, style="yellow")
    if done.refused:
        raise SystemExit(FAILED)
