"""Messages: what the message bar says. One table of sentences; errors bring their own sentence and cure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final, Literal

from polypviewer.core.errors import EditError, PolypViewerError

Level = Literal["info", "good", "warning", "error"]

_CONTEXT: Final = "session"

# code -> (level, sentence). Placeholders are filled after translation.
SENTENCES: Final[dict[str, tuple[Level, str]]] = {
    "open.restored": ("info", "{steps} edits in {frames} frames that no revision contained have been restored."),
    "open.network": (
        "warning",
        "This project lies on a network disk: saving is slower, and only one machine may write.",
    ),
    "open.no_backup": ("warning", "No backup of this project could be made. Free space on its disk."),
    "open.journal_damaged": ("warning", "Some journal entries are damaged and were passed over; the rest is restored."),
    "open.journal_lost": (
        "warning",
        "This machine's journal was damaged and has been set aside in the project's folder. What revisions contain is "
        "intact; later strokes may be missing.",
    ),
    "open.identities_lost": (
        "warning",
        "The list of original files was damaged and has been set aside in the project's folder. Import the files again "
        "to connect them.",
    ),
    "open.steps_left": (
        "warning",
        "Edits that were set aside could not be taken back: work went on without them, or the disk takes nothing. "
        "They are still in the folder rescued of your own folder.",
    ),
    "open.read_only": ("warning", "This project is open read-only; {holder}."),
    "queue.empty": ("info", "No frame is left in this queue."),
    "queue.none": ("info", "There are no frames yet. Import images or a video."),
    "frame.accepted": ("good", "Accepted."),
    "frame.no_polyp": ("good", "Stated: no polyp in this frame."),
    "frame.needs_work": ("info", "Marked as needing work."),
    "frame.dismissed": ("info", "The proposed region is dismissed. That says nothing about the rest of the frame."),
    "frame.bulk_accepted": ("good", "{count} frames accepted with their proposals."),
    "component.none": ("info", "Nothing is painted or proposed in this frame."),
    "mask.copied": ("info", "The mask is copied."),
    "field.found": ("info", "The field of view is found in the pixels again."),
    "field.corrected": ("good", "The field of view is corrected, for every frame of this medium."),
    "history.empty": ("info", "Nothing to undo."),
    "history.nothing_to_redo": ("info", "Nothing to redo."),
    "import.done": ("good", "{added} imported, {known} already there, {broken} cannot be read."),
    "import.done_with_masks": (
        "good",
        "{added} imported, {masks} masks that count as decided, {known} already there, {broken} cannot be read.",
    ),
    "import.masks_refused": ("warning", "{count} masks were not taken: {reason}"),
    "import.stopped": ("info", "Import stopped. What has been imported stays."),
    "import.not_patient_safe": (
        "warning",
        "The examination is unknown, so splits of these frames are not patient-safe. They never enter a hold-out.",
    ),
    "propose.done": ("good", "{count} frames have proposals now; {failed} could not be read."),
    "propose.stopped": ("info", "Proposing stopped after {count} frames."),
    "device.fell_back": ("warning", "Proposals come from the {device} now: {reason}."),
    "model.switched": ("good", "Proposals come from {name} now."),
    "training.done": ("good", "The new model {name} is ready. Switch to it in the model panel."),
    "training.stopped": ("info", "Training stopped. Nothing was changed."),
    "training.running": ("warning", "A training is running already."),
    "relink.done": ("good", "{found} media found again, {missing} still missing."),
    "relink.stopped": ("info", "Relinking stopped. Nothing was changed."),
    "export.done": ("good", "{count} frames exported."),
    "export.stopped": ("info", "Export stopped. Nothing was written."),
    "save.failed": ("error", "The last edits are not on disk yet."),
    "save.recovered": ("good", "Everything is on disk again."),
    "save.set_aside": (
        "warning",
        "{steps} edits could not be written. They are set aside and come back when this project is opened again.",
    ),
    "save.lost": ("error", "{steps} edits could not be written and are lost."),
    "defect": ("error", "Something unexpected went wrong. Your work is saved."),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One line for the message bar. `offers_undo`: the bar shows an Undo button."""

    code: str
    level: Level
    text: str
    cure: str = ""
    details: str = ""
    offers_undo: bool = False

    @property
    def sentence(self) -> str:
        """Text and cure as one line."""
        return f"{self.text} {self.cure}".strip()


def translated(context: str, sentence: str) -> str:
    """The sentence in the user's language; as it stands in the table where Qt was never loaded.

    The command line must run where even QtCore cannot be loaded (it needs libglib), so Qt is not imported here: a
    process that has not loaded it has no translations either.
    """
    qtcore = sys.modules.get("PySide6.QtCore")
    return sentence if qtcore is None else str(qtcore.QCoreApplication.translate(context, sentence))


def message(code: str, *, offers_undo: bool = False, details: str = "", **fields: object) -> Message:
    """A message of the table, in the user's language."""
    level, sentence = SENTENCES[code]
    text = translated(_CONTEXT, sentence).format(**fields)
    return Message(code, level, text, details=details, offers_undo=offers_undo)


def message_of(error: Exception) -> Message:
    """An expected error says its own sentence and cure; anything else is a defect with its steps as details.

    The words of a foreign error may hold a path or a name, and details are copied into reports: they stay out.
    """
    if isinstance(error, PolypViewerError):
        happened = translated("error", error.happened)
        level: Level = "warning" if isinstance(error, EditError) else "error"
        return Message(error.code, level, happened, cure=translated("error", error.cure))
    from polypviewer.session.crash import trace_without_values

    return message("defect", details=f"{type(error).__name__}\n{trace_without_values(error)}")
