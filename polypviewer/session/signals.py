"""The signals of a session: all that a window may listen to."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class SessionSignals(QObject):
    """Setters do not emit; people and finished work do. The type of each argument stands beside the signal."""

    project_opened = Signal()
    project_closed = Signal()
    frame_changed = Signal(object)  # FrameRef: another frame is shown, pixels and draft are there
    frame_loading = Signal(object)  # FrameRef that has been asked for; the current one stays until it is there
    pixels_changed = Signal(object)  # Rect of the shown label map
    draft_changed = Signal(object)  # FrameRef: a field or the pixels changed
    proposal_changed = Signal(object)  # FrameRef: its proposal, threshold or dismissals changed
    preview_changed = Signal(object)  # Preview of a tool, or None when there is none any more
    field_changed = Signal(object)  # FrameRef whose field of view is another now
    display_changed = Signal()  # `displayed` gives other pixels now
    scale_changed = Signal()  # the scale of the shown medium is another now
    status_changed = Signal(object)  # FrameRef whose status light changed
    media_changed = Signal()
    thumbnail_ready = Signal(object)  # FrameRef
    history_changed = Signal()
    step_shown = Signal(object)  # Rect that an undo or redo has just changed in the shown frame; may be empty
    queue_changed = Signal()
    saved = Signal(str)  # emitted after the durable write returned; time as ISO 8601 UTC
    dirty_changed = Signal(bool)  # True while something is not on disk yet
    edits_at_risk = Signal(object)  # AtRisk: the project stays open, because edits are not on disk
    message = Signal(object)  # Message
    device_changed = Signal(object)  # DeviceReport of what really runs, with milliseconds
    models_changed = Signal()
    progress = Signal(object)  # Progress
    training_changed = Signal(object)  # TrainingState
