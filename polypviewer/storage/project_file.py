"""`project.toml`: what a folder needs to be a project. Format version, id, name and the database's place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import tomlkit
from tomlkit.exceptions import TOMLKitError

from polypviewer.core.errors import ProjectError

FORMAT: Final = 1
NAME: Final = "project.toml"


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What stands in `project.toml`. `database` is relative to the folder, or one day a URL."""

    id: UUID
    name: str
    database: str = "project.db"


def write_project_file(folder: Path, *, name: str) -> ProjectFile:
    """A new `project.toml`. Raises OSError."""
    made = ProjectFile(uuid4(), name)
    document = tomlkit.document()
    document.add("format", FORMAT)
    document.add("id", str(made.id))
    document.add("name", name)
    document.add("database", made.database)
    (folder / NAME).write_text(tomlkit.dumps(document), encoding="utf-8")
    return made


def read_project_file(folder: Path) -> ProjectFile:
    """The folder's `project.toml`. Raises `ProjectError` if it is none, damaged, or of a newer version."""
    path = folder / NAME
    try:
        values = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
        version = int(values["format"])
        if version > FORMAT:
            raise ProjectError("project.newer", name=folder.name, version=version, mine=FORMAT)
        return ProjectFile(UUID(values["id"]), str(values["name"]), str(values["database"]))
    except FileNotFoundError as error:
        raise ProjectError("project.none", name=folder.name) from error
    except (TOMLKitError, KeyError, ValueError, TypeError, OSError) as error:
        raise ProjectError("project.file_damaged", name=NAME, reason=str(error)) from error
