"""Which files and folders: the system's own dialogs, in one place so that tests can answer them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog, QWidget

from polypviewer.core.media_names import SUPPORTED_SUFFIXES
from polypviewer.ui.text import translate

PATTERNS: Final = " ".join(f"*{suffix}" for suffix in sorted(SUPPORTED_SUFFIXES))


class FileQuestions:
    """Each asks the person and returns what was chosen, or nothing."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def project_folder(self) -> Path | None:
        """A project to open."""
        return self._folder(translate("Open a project"))

    def new_folder(self) -> Path | None:
        """Where a new project shall be."""
        return self._folder(translate("An empty folder for the new project"))

    def media_folder(self) -> Path | None:
        """A folder to import."""
        return self._folder(translate("Import a folder"))

    def export_folder(self) -> Path | None:
        """Where the export goes."""
        return self._folder(translate("Export into"))

    def media_files(self) -> tuple[Path, ...]:
        """Images and videos to import."""
        pattern = translate("Images and videos ({patterns})", patterns=PATTERNS)
        names, _ = QFileDialog.getOpenFileNames(self._window, translate("Import images and videos"), "", pattern)
        return tuple(Path(name) for name in names)

    def _folder(self, title: str) -> Path | None:
        name = QFileDialog.getExistingDirectory(self._window, title)
        return Path(name) if name else None
