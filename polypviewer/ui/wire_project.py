"""The project: open, import, export, the demo; messages, progress and saving."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QObject, Signal

from polypviewer.core.exam_rules import ExamRule
from polypviewer.core.identity import FrameRef
from polypviewer.core.media_item import MediaItem
from polypviewer.session.lanes import Lane
from polypviewer.session.leaving import AtRisk
from polypviewer.session.messages import Message, message_of
from polypviewer.session.session import Session
from polypviewer.session.values import Progress
from polypviewer.ui.dialogs import ConfirmDialog, ExamRuleDialog
from polypviewer.ui.file_questions import FileQuestions
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.risk_dialog import GOES_ON, RiskDialog
from polypviewer.ui.text import duration_text, translate

PROJECT_FILE: Final = "project.toml"
JOBS: Final[dict[str, str]] = {
    "import": "Importing",
    "propose": "Proposing",
    "finetune": "Fine-tuning",
    "export": "Exporting",
    "predict": "Predicting",
    "accept": "Accepting",
}


class ProjectWiring(QObject):
    """Lives as long as the window."""

    _demo_progress = Signal(object)

    def __init__(self, window: MainWindow, session: Session, *, questions: FileQuestions | None = None) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._ask = questions or FileQuestions(window)
        self._demo: Lane | None = None
        self._job = ""
        self._waiting_import: tuple[Path, ...] = ()
        self._demo_progress.connect(self.show_progress)
        session.project_opened.connect(self._project_opened)
        session.project_closed.connect(self._project_closed)
        session.message.connect(self._message_came)
        session.progress.connect(self.show_progress)
        session.saved.connect(self._saved)
        session.dirty_changed.connect(self._dirty_changed)
        session.edits_at_risk.connect(self._ask_at_risk)
        session.media_changed.connect(self._media_changed)
        window.status.stop_wished.connect(self._stop_wished)
        window.paths_dropped.connect(self.take_paths)
        window.panel.media.medium_wished.connect(self._medium_wished)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {
            "open_project": self._open,
            "new_project": self._new,
            "open_demo": self._open_demo,
            "import_files": self._import_files,
            "import_folder": self._import_folder,
            "export_kvasir": partial(self._export, "kvasir"),
            "export_coco": partial(self._export, "coco"),
            "save": self._session.save,
            "stop_job": self._session.stop_job,
        }

    def close(self) -> None:
        """The window closes: join the demo's worker."""
        if self._demo is not None:
            self._demo.close()
            self._demo = None

    # --- opening ------------------------------------------------------------------------------------------------

    def open(self, folder: Path) -> None:
        """Open a project."""
        self._window.stage.empty.show_loading(translate("Opening {name}", name=folder.name))
        self._session.open(folder)

    def take_paths(self, paths: tuple[Path, ...]) -> None:
        """Dropped files: a project is opened, anything else imported."""
        if len(paths) == 1 and (paths[0] / PROJECT_FILE).is_file():
            self.open(paths[0])
        else:
            self._import(paths)

    def open_again(self) -> None:
        """Another reader: the same project as they see it."""
        if self._session.project is not None:
            self.open(self._session.project.folder)

    def _open(self) -> None:
        folder = self._ask.project_folder()
        if folder is not None:
            self.open(folder)

    def _new(self) -> None:
        folder = self._ask.new_folder()
        if folder is not None:
            self._session.create(folder)

    def _open_demo(self) -> None:
        from polypviewer.session.demo_project import default_demo_folder, is_project

        folder = default_demo_folder()
        if is_project(folder):
            self.open(folder)
            return
        if self._demo is None:
            self._demo = Lane("demo", self)
            self._demo.failed.connect(self._demo_failed)
        self._window.stage.empty.show_loading(translate("Making the demo project"))
        self._demo.submit(_make_demo, folder, self._demo_progress.emit, on_done=self.open, key="demo")

    def _demo_failed(self, error: Exception) -> None:
        self._window.stage.empty.show_no_project()
        self._session.message.emit(message_of(error))

    def _project_opened(self) -> None:
        project = self._session.project
        if project is None:
            return
        self._session.settings.set("recent", str(project.folder))
        note = translate("read-only") if project.read_only else ""
        self._window.top.show_place(project=project.name, exam="", note=note)
        self._window.top.show_reader(project.reader)
        self._window.setWindowTitle(f"{project.name} · PolypViewer")
        self._window.status.show_saved()
        self._media_changed()
        waiting, self._waiting_import = self._waiting_import, ()
        if waiting:
            self._import(waiting)

    def _project_closed(self) -> None:
        self._window.top.show_place(project="", exam="")
        self._window.setWindowTitle("PolypViewer")
        self._window.status.clear_saved()
        self._window.status.show_job("", None)
        self._window.stage.empty.show_no_project()
        self._window.stage.show_empty(empty=True)

    def _media_changed(self) -> None:
        frames, empty = self._session.frames, self._window.stage.empty
        if self._session.current is not None:
            return
        broken = next((item for item in frames.media if item.broken), None)
        if len(frames):
            empty.show_loading(translate("Loading the first frame"))
        elif broken is not None:
            empty.show_broken(name=broken.name, reason=broken.broken)
        else:
            empty.show_empty_project()
        self._window.stage.show_empty(empty=True)
        if len(frames):
            self._session.go_to(frames[0])

    def _medium_wished(self, item: MediaItem) -> None:
        if item.broken:
            reason = Message(
                "media.broken", "warning", translate("{name} cannot be shown.", name=item.name), item.broken
            )
            self._window.stage.message.show_message(reason)
        else:
            self._session.go_to(FrameRef(item.id, 0))
        self._window.stage.take_focus()

    # --- edits that are not on disk ------------------------------------------------------------------------------

    def _ask_at_risk(self, risk: AtRisk) -> None:
        """The project stays open while this is asked, and unless it is answered otherwise."""
        dialog = RiskDialog(risk, parent=self._window)
        dialog.again_wished.connect(risk.try_again)
        dialog.loss_wished.connect(risk.leave)
        dialog.finished.connect(self._stayed)
        dialog.open()

    def _stayed(self, result: int) -> None:
        """Whoever was to read instead does not yet."""
        project, settings = self._session.project, self._session.settings
        if result != GOES_ON and project is not None and settings.reader != project.reader:
            settings.reader = project.reader
            settings.set("reader", project.reader)
            self._window.top.show_reader(project.reader)

    # --- import and export --------------------------------------------------------------------------------------

    def _import_files(self) -> None:
        self._import(self._ask.media_files())

    def _import_folder(self) -> None:
        folder = self._ask.media_folder()
        self._import(() if folder is None else (folder,))

    def _import(self, paths: tuple[Path, ...]) -> None:
        if not paths:
            return
        if self._session.project is None:
            self._waiting_import = paths
            self._new()
            return
        self._session.look_through(paths, partial(self._ask_exams, paths))

    def _ask_exams(self, paths: tuple[Path, ...], found: tuple[Path, ...]) -> None:
        """Several files: which examinations are they from?"""
        if len(found) <= 1:
            self._session.import_paths(paths, ExamRule("one"))
            return
        dialog = ExamRuleDialog(found, parent=self._window)
        dialog.accepted.connect(partial(self._import_as, dialog, paths))
        dialog.open()

    def _import_as(self, dialog: ExamRuleDialog, paths: tuple[Path, ...]) -> None:
        rule = dialog.rule
        if rule is not None:
            self._session.import_paths(paths, rule)

    def _export(self, kind: Literal["kvasir", "coco"]) -> None:
        if self._session.project is None:
            return
        folder = self._ask.export_folder()
        if folder is None:
            return
        if folder.is_dir() and any(folder.iterdir()):
            dialog = ConfirmDialog(
                translate("Replace what is in {name}?", name=folder.name),
                translate("The folder is not empty. Everything in it is replaced by the export."),
                accept=translate("Replace"),
                parent=self._window,
            )
            dialog.accepted.connect(partial(self._session.export, folder, kind, overwrite=True))
            dialog.open()
            return
        self._session.export(folder, kind)

    # --- what the session says ----------------------------------------------------------------------------------

    def show_progress(self, progress: Progress) -> None:
        """A job and how far it is, in the status bar."""
        if progress.ended:
            self._show_job(progress, "")
            return
        parts = [translate(JOBS.get(progress.job, progress.job))]
        if progress.total:
            parts.append(translate("{done} of {total}", done=progress.done, total=progress.total))
        if progress.seconds_left is not None:
            parts.append(translate("{time} left", time=duration_text(progress.seconds_left)))
        self._show_job(progress, " · ".join(parts))

    def _show_job(self, progress: Progress, text: str) -> None:
        """In the status bar, and where the job was started."""
        self._job = progress.job
        self._window.status.show_job(text, progress.fraction)
        if progress.job == "propose":
            self._window.workspace.transport.show_job(text)
            self._window.panel.model.show_job(text)

    def _stop_wished(self) -> None:
        self._window.do("stop_training" if self._job == "finetune" else "stop_job")
        self._window.stage.take_focus()

    def _message_came(self, message: Message) -> None:
        self._window.stage.message.show_message(message)
        if message.level == "error" and self._session.project is None:
            self._window.stage.empty.show_no_project()

    def _saved(self, _when: str) -> None:
        self._window.status.show_saved()

    def _dirty_changed(self, dirty: bool) -> None:  # noqa: FBT001 - slot
        if dirty:
            self._window.status.show_unsaved()


def _make_demo(folder: Path, tell: Callable[[Progress], None]) -> Path:
    """On the lane: the demo project, ready to open."""
    from polypviewer.session.demo_project import make_demo

    make_demo(folder, tell=tell)
    return folder
