"""Error sentences of projects on disk; read through `error_sentences.SENTENCES`."""

from __future__ import annotations

from typing import Final

STORAGE_ROWS: Final[dict[str, tuple[str, str]]] = {
    "project.none": ("{name} is not a project.", "Make one with New project, or choose another folder."),
    "project.not_empty": ("The folder {name} is not empty.", "Choose a new folder for the project."),
    "project.cannot_create": ("The project {name} cannot be made: {reason}.", "Choose a folder that you may write to."),
    "project.newer": (
        "{name} was written by a newer version (schema {version}; this one knows {mine}).",
        "Update the application. Nothing was changed.",
    ),
    "project.file_damaged": (
        "{name} cannot be read: {reason}.",
        "Repair the file or copy it from a backup of the folder. Nothing was changed.",
    ),
    "project.database_missing": ("The project's database {name} is missing.", "{cure}"),
    "project.damaged": ("The project's database {name} is damaged. Nothing was changed.", "{cure}"),
    "project.disk_full": (
        "The disk is full, so {name} could not be written. What was saved before is intact.",
        "Free some space; the last edits are written as soon as there is room.",
    ),
    "project.not_writable": ("{name} cannot be written to.", "Check the folder's permissions, then save again."),
    "project.busy": (
        "{name} is locked by another program.",
        "Close that program (a backup or sync tool?), then save again.",
    ),
    "project.write_failed": ("{name} could not be written: {reason}.", "What was saved before is intact. Save again."),
    "project.read_only": (
        "This project is open read-only; {holder}.",
        "Close it there, or copy the folder and open the copy.",
    ),
    "project.blob_missing": (
        "A stored mask ({digest}) is missing or damaged.",
        "Restore the latest copy from backups.",
    ),
    "project.no_revision": ("The project has no such revision.", "Choose one from the frame's list again."),
    "project.unreadable": ("{name} cannot be read: {reason}.", "Check the disk and the folder's permissions."),
    "project.database_elsewhere": (
        "{name} keeps its database on a server, which this version cannot use.",
        "Update the application, or open a project with a database of its own.",
    ),
    "project.wrong_frame": (
        "Frame {index} is not the one that its mask was drawn on; nothing was written.",
        "Check that the file was not replaced, then import it again.",
    ),
    "project.steps_set_aside": (
        "The project was closed while {steps} edits could not be written to it.",
        "They are set aside in {place} and come back when this reader opens the project again.",
    ),
    "project.steps_lost": (
        "The project was closed while {steps} edits could not be written to it: {reason}.",
        "These edits are lost; what was saved before is intact.",
    ),
    "project.no_media": ("The project has no medium {name}.", "Import it again."),
}
