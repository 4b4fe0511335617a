"""`demo`: the whole loop on invented frames; in the window where one opens, otherwise headless."""

from __future__ import annotations

import time
from pathlib import Path

from polypviewer.cli.finetune_command import told_as_progress, training_document
from polypviewer.cli.speaking import aside, out, progress_bar, say_json
from polypviewer.session.demo_project import (
    READER,
    DemoOutcome,
    DemoPlace,
    correct_stills,
    default_demo_folder,
    is_project,
    make_demo,
    run_demo_loop,
)
from polypviewer.session.diagnosis import window_problem
from polypviewer.session.settings import Settings

SHOWN_EXAMS = ("E-0001", "E-0002", "E-0003")
"""Exams that are corrected already when the window opens, so that training can be tried at once."""


def run_demo(folder: Path | None, *, headless: bool, as_json: bool) -> None:
    """Make the demo project, then open it; or, headless or without a display, run everything and print what it gave."""
    place = DemoPlace((folder or default_demo_folder()).absolute())
    problem = None if headless else window_problem()
    if headless or problem is not None:
        if problem is not None:
            aside().print(f"{problem} Running the demo without a window.", markup=False)
        _run_headless(place, as_json=as_json)
        return
    reader = Settings().reader or READER
    if not is_project(place.folder):
        _prepare(place, reader=reader)
    from polypviewer.app import run_window

    raise SystemExit(run_window(place.folder, reader=reader))


def _prepare(place: DemoPlace, *, reader: str) -> None:
    """A project to look at: imported, a few frames corrected by the reader who will open it."""
    from polypviewer.session.jobs import project_for_command

    with progress_bar("Making the demo project") as tell:
        make_demo(place.folder, tell=tell)
        with project_for_command(place.folder, reader=reader, writes=True) as store:
            correct_stills(store, place, tell=tell, exams=SHOWN_EXAMS)


def _run_headless(place: DemoPlace, *, as_json: bool) -> None:
    began = time.monotonic()

    def say(text: str) -> None:
        if not as_json:
            aside().print(f"{time.monotonic() - began:5.0f} s  {text}", markup=False)

    with progress_bar("Demo", quiet=as_json) as tell:
        if not is_project(place.folder):
            say("Rendering the demo frames and importing them")
            make_demo(place.folder, tell=tell)
        outcome = run_demo_loop(place, tell=tell, watch=told_as_progress(tell), say=say)
    if as_json:
        say_json(_document(outcome))
    else:
        _print(outcome)


def _document(outcome: DemoOutcome) -> dict[str, object]:
    return {
        "folder": str(outcome.folder),
        "proposed": outcome.proposed.proposed,
        "device": outcome.proposed.device,
        "corrected": outcome.corrected,
        "held_out_exams_dice": {"before": outcome.stills_before, "after": outcome.stills_after},
        "clip_dice": {"before": outcome.clip_before, "after": outcome.clip_after},
        "training": training_document(outcome.training),
        "exports": [str(folder) for folder in outcome.exports],
    }


def _print(outcome: DemoOutcome) -> None:
    from rich.table import Table

    table = Table(title="Demo (invented frames, no patient data)", title_justify="left")
    table.add_column("Mean Dice of frames with a polyp")
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    state = outcome.training.state
    exams = f"{state.holdout_frames} frames of {state.holdout_exams} held-out exams"
    table.add_row(exams, f"{outcome.stills_before:.3f}", f"{outcome.stills_after:.3f}")
    table.add_row("the clip, never trained on", f"{outcome.clip_before:.3f}", f"{outcome.clip_after:.3f}")
    console = out()
    console.print(table)
    console.print(
        f"{outcome.proposed.proposed} proposals on {outcome.proposed.device}, {outcome.corrected} frames corrected, "
        f"new model {outcome.training.bundle.title}."
    )
    for folder in outcome.exports:
        console.print(f"Exported to {folder}", markup=False)
