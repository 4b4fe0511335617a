"""The table of commands. Each is a few lines; the work is in the module that it imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

Device = Literal["auto", "cpu", "cuda"]
Format = Literal["kvasir", "coco"]
Quiet = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Reader = Annotated[str, typer.Option(help="Name of the reader; by default the one of the settings.")]


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Annotate polyps in colonoscopy images and videos. For research and annotation, not for diagnosis.\n\n"
    "`polypviewer [PROJECT]` opens the window.",
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - the form that typer calls
    if wanted:
        from polypviewer import __version__

        typer.echo(f"polypviewer {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options before any command."""


@app.command(hidden=True)
def window(project: Annotated[Path | None, typer.Argument(help="Project to open.")] = None) -> None:
    """Open the window."""
    from polypviewer.cli.window_command import open_window

    open_window(project)


@app.command()
def demo(
    folder: Annotated[Path | None, typer.Argument(help="Where the demo project goes; made if it is not there.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Run the whole loop without a window.")] = False,
    json: Quiet = False,
) -> None:
    """Make (or open) the demo project: invented frames with known masks, no patient data."""
    from polypviewer.cli.demo_command import run_demo

    run_demo(folder, headless=headless, as_json=json)


@app.command()
def new(folder: Path, name: Annotated[str, typer.Option(help="Its name; by default the folder's.")] = "") -> None:
    """Make an empty project."""
    from polypviewer.cli.project_commands import new_project

    new_project(folder, name=name)


@app.command("import")
def import_command(
    project: Path,
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; Kvasir-style images/ and masks/ too.")],
    exam: Annotated[
        str, typer.Option(help="Exam rule: one:KEY, folder, pattern:REGEX, or unknown. Asked for when not given.")
    ] = "",
    reader: Reader = "",
    json: Quiet = False,
) -> None:
    """Add images and videos; they stay where they are."""
    from polypviewer.cli.project_commands import import_paths

    import_paths(project, paths, exam=exam, reader=reader, as_json=json)


@app.command()
def propose(
    project: Path,
    model: Annotated[str, typer.Option(help="Name, digest or folder of a model bundle.")] = "",
    device: Device = "auto",
    reader: Reader = "",
    json: Quiet = False,
) -> None:
    """Let the model propose a mask for every frame that is not decided."""
    from polypviewer.cli.project_commands import propose_frames

    propose_frames(project, model=model, device=device, reader=reader, as_json=json)


@app.command()
def status(project: Path, reader: Reader = "", json: Quiet = False) -> None:
    """What a project holds and how far its review is."""
    from polypviewer.cli.project_commands import show_status

    show_status(project, reader=reader, as_json=json)


@app.command()
def relink(
    project: Path,
    folder: Annotated[Path, typer.Argument(help="Folder that the images and videos were moved to.")],
    reader: Reader = "",
    json: Quiet = False,
) -> None:
    """Find moved images and videos again, by their content."""
    from polypviewer.cli.project_commands import relink_folder

    relink_folder(project, folder, reader=reader, as_json=json)


@app.command()
def finetune(
    project: Path,
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 200,
    holdout: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share of known exams to hold out.")] = 0.3,
    model: Annotated[str, typer.Option(help="Model to start from; by default the project's.")] = "",
    name: Annotated[str, typer.Option(help="Name of the new model.")] = "",
    device: Device = "auto",
    seed: int = 0,
    use: Annotated[bool, typer.Option("--use", help="Switch the project to the new model at the end.")] = False,
    reader: Reader = "",
    json: Quiet = False,
) -> None:
    """Train a new model on the decided frames, in a process of its own."""
    from polypviewer.cli.finetune_command import FinetuneChoice, run_finetune

    choice = FinetuneChoice(steps, holdout, model, name, device, seed)
    run_finetune(project, choice, reader=reader, use=use, as_json=json)


@app.command()
def export(
    project: Path,
    destination: Path,
    format: Annotated[Format, typer.Option("--format", help="kvasir or coco.")],  # noqa: A002 - the word of the option
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier export.")] = False,
    reader: Reader = "",
    json: Quiet = False,
) -> None:
    """Write the decided frames as a data set."""
    from polypviewer.cli.project_commands import export_frames

    export_frames(project, destination, format_name=format, overwrite=overwrite, reader=reader, as_json=json)


@app.command()
def predict(
    paths: Annotated[list[Path], typer.Argument(help="Images and folders with images.")],
    out: Annotated[Path, typer.Option(help="Folder for masks and predictions.json.")],
    model: Annotated[str, typer.Option(help="Name, digest or folder of a model bundle.")] = "",
    device: Device = "auto",
    overlay: Annotated[bool, typer.Option("--overlay", help="Also write each image with its mask drawn in.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write into a folder that is not empty.")] = False,
    json: Quiet = False,
) -> None:
    """Write one mask for each image; no project needed."""
    from polypviewer.cli.predict_command import PredictChoice, run_predict

    run_predict(paths, PredictChoice(out, model, device, overlay, overwrite), as_json=json)


@app.command()
def doctor(json: Quiet = False) -> None:
    """Check what this machine has and lacks, and name the cure."""
    from polypviewer.cli.doctor_command import run_doctor

    run_doctor(as_json=json)


def with_window(arguments: Sequence[str]) -> list[str]:
    """The arguments with the hidden command `window` in front of a folder, or alone where there are none."""
    names = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    if not arguments or (not arguments[0].startswith("-") and arguments[0] not in names):
        return ["window", *arguments]
    return list(arguments)
