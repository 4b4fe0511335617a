"""What each error code says: (what happened, what to do next). Placeholders are the fields of the error.

Each room adds its rows under its own heading; `tests/core/test_errors.py` checks that every code raised in the source
has a row here.
"""

from __future__ import annotations

from typing import Final

from polypviewer.core.error_rows_media import DATASET_ROWS, MEDIA_ROWS
from polypviewer.core.error_rows_segmentation import SEGMENTATION_ROWS
from polypviewer.core.error_rows_session import SESSION_ROWS
from polypviewer.core.error_rows_storage import STORAGE_ROWS

EDIT_ROWS: Final[dict[str, tuple[str, str]]] = {
    "edit.read_only": (
        "This project is open read-only; {holder}.",
        "Close it there, or copy the folder and open the copy.",
    ),
    "edit.nothing_painted": (
        "There is no mask in this frame to accept.",
        "Paint one, wait for a proposal, or press R for no polyp.",
    ),
    "edit.mask_stands": (
        "A mask stands in this frame, so it cannot be stated free of polyps.",
        "Erase the mask first.",
    ),
    "edit.mask_there": (
        "A mask stands in this frame, and a proposal never replaces it.",
        "Erase the mask first, or correct it with the brush.",
    ),
    "edit.no_component": ("There is no proposed region under the cursor.", "Move the cursor onto the dashed outline."),
    "edit.no_proposal": ("This frame has no proposal.", "Run Propose first."),
    "edit.no_frame": ("No frame is shown.", "Import images or a video first."),
    "edit.size": (
        "A mask of {mask_width}x{mask_height} does not fit a frame of {width}x{height}.",
        "Use a mask of the frame's own size.",
    ),
    "edit.patch_mismatch": (
        "An undo step does not fit this frame ({reason}).",
        "Reopen the project; the last revision is intact.",
    ),
    "edit.no_slot": ("All 254 lesion slots of this frame are in use.", "Merge lesions first."),
    "edit.label_map_damaged": (
        "A stored label map cannot be read: {reason}.",
        "Restore the latest backup from the project's folder.",
    ),
    "edit.command_damaged": (
        "A journal entry cannot be read: {reason}.",
        "The rest of the journal is used; nothing else is lost.",
    ),
    "edit.newer_command": (
        "The journal was written by a newer version (payload {version}).",
        "Update the application.",
    ),
}

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    **EDIT_ROWS,
    **MEDIA_ROWS,
    **DATASET_ROWS,
    **SEGMENTATION_ROWS,
    **SESSION_ROWS,
    **STORAGE_ROWS,
}
