"""Commands on a project: new, import, propose, status, export."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Literal

from polypviewer.cli.speaking import FAILED, aside, out, progress_bar, say_json
from polypviewer.core.exam_rules import ExamRule, parse_exam_rule
from polypviewer.core.record import ExamKey
from polypviewer.session.jobs import model_for_command, project_for_command, propose_job, status_of
from polypviewer.session.store_door import direct_door

if TYPE_CHECKING:
    from polypviewer.session.exporting import FormatName
    from polypviewer.session.importing import ImportDone, Refusal


def new_project(folder: Path, *, name: str) -> None:
    """Make an empty project."""
    from polypviewer.storage.opening import create_project

    create_project(folder, name=name or folder.absolute().name)
    out().print(f"New project in {folder}. Next: polypviewer import {folder} PATH...")


def import_paths(project: Path, paths: Sequence[Path], *, exam: str, reader: str, as_json: bool) -> None:
    """Import and say what became of each file; exit code 1 if any cannot be used."""
    from polypviewer.session.importing import import_media

    rule, given = exam_rule(exam, paths, ask=not as_json and sys.stdin.isatty())
    with (
        project_for_command(project, reader=reader, writes=True) as store,
        progress_bar("Importing", quiet=as_json) as tell,
    ):
        done = import_media(direct_door(store), paths, rule, tell=tell, exam=given)
    if as_json:
        say_json(_import_document(done))
    else:
        _print_import(done)
    if done.broken or done.masks_refused:
        raise SystemExit(FAILED)


def exam_rule(text: str, paths: Sequence[Path], *, ask: bool) -> tuple[ExamRule, ExamKey | None]:
    """The rule and, for `one:KEY`, the exam itself.

    Without a rule a person is asked once; nobody there means unknown.
    """
    if not text:
        text = _ask_exam(paths) if ask else "unknown"
    kind, _, key = text.partition(":")
    if kind == "one" and key.strip():
        return ExamRule("one"), ExamKey(key.strip(), "given")
    return parse_exam_rule(text), None


def _ask_exam(paths: Sequence[Path]) -> str:
    from rich.prompt import Prompt

    from polypviewer.core.exam_rules import preview_exams
    from polypviewer.datasets.find_media import find_media

    files = [item.path for item in find_media(paths)]
    folders = len(preview_exams(files, ExamRule("folder")).groups)
    console = aside()
    console.print(f"{len(files)} files in {folders} folders. Which belong to one examination?")
    console.print("  one: all of them   folder: one a folder   pattern:REGEX: by the file's name   unknown: not known")
    return Prompt.ask("Exam rule", default="unknown", console=console)


def _import_document(done: ImportDone) -> dict[str, object]:
    return {
        "added": done.added,
        "known": done.known,
        "masks": done.masks,
        "unknown_exams": done.unknown_exams,
        "patient_safe": done.unknown_exams == 0,
        "broken": [_refusal(refusal) for refusal in done.broken],
        "masks_refused": [_refusal(refusal) for refusal in done.masks_refused],
    }


def _refusal(refusal: Refusal) -> dict[str, str]:
    return {"name": refusal.name, "reason": refusal.error.sentence}


def _print_import(done: ImportDone) -> None:
    masks = f", {done.masks} masks" if done.masks else ""
    out().print(f"{done.added} imported{masks}, {done.known} already there, {len(done.broken)} cannot be read.")
    for refusal in (*done.broken, *done.masks_refused):
        aside().print(f"{refusal.name}: {refusal.error.sentence}", markup=False, style="yellow")
    if done.unknown_exams:
        aside().print(
            f"The examination of {done.unknown_exams} is unknown: not patient-safe; they never enter a hold-out. "
            "Say it with --exam.",
            style="yellow",
        )


def propose_frames(
    project: Path, *, model: str, device: Literal["auto", "cpu", "cuda"], reader: str, as_json: bool
) -> None:
    """Propose and say on which device that was; exit code 1 if a frame could not be read."""
    with (
        project_for_command(project, reader=reader, writes=True) as store,
        progress_bar("Proposing", quiet=as_json) as tell,
    ):
        bundle = model_for_command(model, project, store, device=device)
        done = propose_job(store, bundle, device=device, tell=tell)
    speed = median(done.milliseconds) if done.milliseconds else None
    if as_json:
        told = asdict(done) | {"milliseconds": speed, "refused": [_refusal(refusal) for refusal in done.refused]}
        say_json(told)
    else:
        each = f", {speed:.0f} ms each" if speed is not None else ""
        out().print(f"{done.proposed} proposals by {done.model} on {done.device} ({done.device_name}){each}.")
    for refusal in done.refused:
        aside().print(f"{refusal.name}: {refusal.error.sentence}", markup=False, style="yellow")
    if done.refused:
        raise SystemExit(FAILED)


def show_status(project: Path, *, reader: str, as_json: bool) -> None:
    """What a project holds; never writes to it."""
    with project_for_command(project, reader=reader, writes=False) as store:
        status = status_of(store)
    if as_json:
        say_json(status)
        return
    from polypviewer.cli.status_lines import status_lines

    for line in status_lines(status):
        out().print(line, markup=False)


def export_frames(
    project: Path, destination: Path, *, format_name: FormatName, overwrite: bool, reader: str, as_json: bool
) -> None:
    """Write the decided frames as a data set."""
    from polypviewer.session.exporting import export_project

    with (
        project_for_command(project, reader=reader, writes=False) as store,
        progress_bar("Exporting", quiet=as_json) as tell,
    ):
        done = export_project(direct_door(store), destination, format_name=format_name, overwrite=overwrite, tell=tell)
    if as_json:
        say_json(asdict(done))
        return
    safe = "" if done.is_patient_safe else " Not patient-safe: see dataset.json."
    out().print(f"{done.frames} frames with {done.lesions} lesions in {destination} ({format_name}).{safe}")


def relink_folder(project: Path, folder: Path, *, reader: str, as_json: bool) -> None:
    """Find moved media again; exit code 1 if some are still missing."""
    from polypviewer.session.relinking import relink_media

    with (
        project_for_command(project, reader=reader, writes=True) as store,
        progress_bar("Looking", quiet=as_json) as tell,
    ):
        done = relink_media(direct_door(store), folder, tell=tell)
    missing = [item.name for item in done.missing]
    if as_json:
        say_json({"found": [item.name for item in done.found], "missing": missing})
    else:
        out().print(f"{len(done.found)} found again, {len(missing)} still missing.")
    if missing:
        raise SystemExit(FAILED)
