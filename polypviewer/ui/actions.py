"""The one table of actions. Buttons, tooltips, the command palette, the cheat sheet and the shortcuts read it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtGui import QKeySequence

from polypviewer.ui.text import translate


class Group(StrEnum):
    """Headings of the cheat sheet, in its order."""

    DECIDE = "Decide"
    DRAW = "Draw"
    SHAPE = "Shape"
    GO = "Go"
    SEE = "See"
    MODEL = "Model and training"
    PROJECT = "Project"
    WINDOW = "Window"


class Preset(StrEnum):
    """Which keys the fingers know already."""

    DEFAULT = "polypviewer"
    CVAT = "cvat"


class Layout(StrEnum):
    """The three pages of the window."""

    REVIEW = "review"
    VIDEO = "video"
    TRAIN = "train"


EVERYWHERE: Final = frozenset(Layout)
PICTURE: Final = frozenset({Layout.REVIEW, Layout.VIDEO})
ONLY_VIDEO: Final = frozenset({Layout.VIDEO})


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """`keys`: the first is shown on buttons. `held`: works while the key is down, so the canvas listens itself."""

    id: str
    text: str
    group: Group
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    layouts: frozenset[Layout] = EVERYWHERE
    cvat: tuple[str, ...] | None = None
    repeats: bool = False
    checkable: bool = False
    held: bool = False


def _decide() -> tuple[ActionSpec, ...]:
    group = Group.DECIDE
    return (
        ActionSpec("accept", "Accept and next", group, ("Return", "Enter"), "check",
                   "Accept what is painted, or the proposal, and go to the next frame of the queue", PICTURE),
        ActionSpec("accept_stay", "Accept and stay", group, ("Shift+Return", "Shift+Enter"), "check",
                   "Accept and stay on this frame", PICTURE),
        ActionSpec("accept_all", "Accept all proposals", group, ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"), "check",
                   "Accept every frame that waits with a proposal, as it was proposed: one step for undo", PICTURE),
        ActionSpec("no_polyp", "No polyp", group, ("R",), "dismiss",
                   "State that this frame shows no polyp, and go on", PICTURE),
        ActionSpec("needs_work", "Needs work", group, ("N",), "warning",
                   "Leave this frame for later; it never trains", PICTURE),
        ActionSpec("dismiss", "Dismiss", group, ("Del", "Backspace"), "close",
                   "Dismiss the proposed region under the cursor; that says nothing about the frame", PICTURE),
        ActionSpec("take_proposal", "Correct proposal", group, ("M",), "brush",
                   "Copy the proposal into the empty mask, to correct it", PICTURE),
        ActionSpec("comment", "Comment", group, ("C",), "comment", "Write a comment on this frame", PICTURE),
    )  # fmt: skip


def _draw() -> tuple[ActionSpec, ...]:
    group = Group.DRAW
    lesions = tuple(
        ActionSpec(f"lesion_{number}", f"Paint lesion {number}", group, (str(number),), layouts=PICTURE)
        for number in range(1, 10)
    )
    return (
        *_tools(group),
        ActionSpec("smaller", "Smaller brush", group, ("[", "-"), layouts=PICTURE, repeats=True),
        ActionSpec("larger", "Larger brush", group, ("]", "+"), layouts=PICTURE, repeats=True),
        ActionSpec("square_nib", "Square nib", group, ("Shift+B",), "square", "Round or square tip of the brush",
                   PICTURE, checkable=True),
        ActionSpec("edge_aware", "Edge-aware", group, ("S",), "edge",
                   "Brush and eraser stay within the colours and the edge of where they start", PICTURE,
                   checkable=True),
        ActionSpec("pen_pressure", "Pen pressure", group, (), "brush", "The pressure of a pen sets the size",
                   PICTURE, checkable=True),
        ActionSpec("contiguous", "Contiguous", group, (), "wand", "The wand takes only what hangs together",
                   PICTURE, checkable=True),
        ActionSpec("new_lesion", "New lesion", group, ("0",), "plus", "Paint a lesion that is not in this frame yet",
                   PICTURE),
        *lesions,
        ActionSpec("undo", "Undo", group, ("Ctrl+Z",), "undo", "Take the last step back, on whatever frame it was",
                   PICTURE, repeats=True),
        ActionSpec("redo", "Redo", group, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", "Make the step again", PICTURE,
                   repeats=True),
    )  # fmt: skip


def _tools(group: Group) -> tuple[ActionSpec, ...]:
    return (
        ActionSpec("pan", "Move the picture", group, ("Space",), "pan",
                   "Move the picture by dragging; hold Space with any tool", PICTURE, checkable=True, held=True),
        ActionSpec("brush", "Brush", group, ("B",), "brush", "Paint the lesion; the right button erases", PICTURE,
                   checkable=True),
        ActionSpec("eraser", "Eraser", group, ("E",), "eraser", "Erase; the right button paints", PICTURE,
                   checkable=True),
        ActionSpec("ignore", "Ignore brush", group, ("I",), "ignore",
                   "Paint pixels that neither train nor count; the right button erases", PICTURE, checkable=True),
        ActionSpec("lasso", "Lasso and polygon", group, ("P",), "lasso",
                   "Drag around the lesion, or click corner by corner; the right button takes away", PICTURE,
                   checkable=True),
        ActionSpec("livewire", "Live wire", group, ("L",), "livewire",
                   "Click along the border: the contour follows the edge to the mouse", PICTURE, checkable=True),
        ActionSpec("fill", "Fill", group, ("F",), "fill", "Fill the region under the cursor; the right button empties",
                   PICTURE, cvat=("K",), checkable=True),
        ActionSpec("wand", "Magic wand", group, ("W",), "wand",
                   "Press on a colour and drag right for more, left for less", PICTURE, checkable=True),
        ActionSpec("seeds", "Grow from clicks", group, ("Q",), "seeds",
                   "Click on the lesion, and with the right button on what is around it", PICTURE, checkable=True),
        ActionSpec("box", "Cut out of a box", group, ("G",), "box",
                   "Drag a box around the lesion, which is cut out of it", PICTURE, checkable=True),
        ActionSpec("nudge", "Push the border", group, ("U",), "nudge",
                   "Push the border of the lesion with the round tip", PICTURE, checkable=True),
    )  # fmt: skip


def _shape() -> tuple[ActionSpec, ...]:
    group = Group.SHAPE
    return (
        ActionSpec("grow", "Grow by one pixel", group, ("Ctrl+]",), layouts=PICTURE, repeats=True),
        ActionSpec("shrink", "Shrink by one pixel", group, ("Ctrl+[",), layouts=PICTURE, repeats=True),
        ActionSpec("smooth", "Smooth the border", group, (), layouts=PICTURE),
        ActionSpec("fill_holes", "Fill holes", group, (), layouts=PICTURE),
        ActionSpec("remove_islands", "Remove islands", group, (), "", "Take away all but the largest part", PICTURE),
        ActionSpec("keep_island", "Keep this island", group, ("Shift+K",), "island",
                   "Take away every part of the lesion but the one under the cursor, or the next clicked one", PICTURE,
                   checkable=True),
        ActionSpec("convex_hull", "Convex hull", group, (), layouts=PICTURE),
        ActionSpec("all_lesions", "Shape all lesions", group, (), "",
                   "Shape every lesion of the frame, not only the one that is painted", PICTURE, checkable=True),
        ActionSpec("merge_lesions", "Merge lesions", group, (), "merge",
                   "Give the painted lesion the pixels of another one", PICTURE),
        ActionSpec("split_lesion", "Split the lesion", group, (), "split",
                   "Make every part of the painted lesion a lesion of its own", PICTURE),
        ActionSpec("move_island", "Give this part to the lesion", group, ("Shift+J",), "island",
                   "The part under the cursor, or the next clicked one, goes to the lesion that is painted", PICTURE,
                   checkable=True),
        ActionSpec("clear_frame", "Clear the frame", group, (), "", "Take everything painted away; undo brings it back",
                   PICTURE),
        ActionSpec("copy_mask", "Copy the mask", group, ("Ctrl+C",), "copy", "Copy the lesions of this frame", PICTURE),
        ActionSpec("paste_mask", "Paste the mask", group, ("Ctrl+V",), "paste",
                   "Paste what was copied, on whatever frame it was; what is painted here stays", PICTURE),
        ActionSpec("paint_outside", "Paint outside the field of view", group, (), "",
                   "Let tools paint outside what the endoscope sees", PICTURE, checkable=True),
        ActionSpec("correct_field", "Correct the field of view", group, (), "field",
                   "Draw around what the endoscope sees, for every frame of this medium", PICTURE, checkable=True),
        ActionSpec("find_field", "Find the field of view again", group, (), "field",
                   "Forget the correction of the field of view", PICTURE),
        ActionSpec("whole_field", "Field of view: the whole frame", group, (), "field",
                   "The endoscope sees every pixel of this medium", PICTURE),
    )  # fmt: skip


def _go() -> tuple[ActionSpec, ...]:
    group = Group.GO
    return (
        ActionSpec("next_frame", "Next frame", group, ("D", "Right"), "next", layouts=PICTURE, cvat=("F", "Right"),
                   repeats=True),
        ActionSpec("previous_frame", "Previous frame", group, ("A", "Left"), "previous", layouts=PICTURE,
                   cvat=("D", "Left"), repeats=True),
        ActionSpec("forward_10", "Ten frames forward", group, ("Shift+Right",), layouts=PICTURE, repeats=True),
        ActionSpec("back_10", "Ten frames back", group, ("Shift+Left",), layouts=PICTURE, repeats=True),
        ActionSpec("next_in_queue", "Next in the queue", group, ("Ctrl+Right",), layouts=PICTURE, repeats=True),
        ActionSpec("previous_in_queue", "Previous in the queue", group, ("Ctrl+Left",), layouts=PICTURE, repeats=True),
        ActionSpec("first_frame", "First frame", group, ("Home",), "first", layouts=PICTURE),
        ActionSpec("last_frame", "Last frame", group, ("End",), "last", layouts=PICTURE),
        ActionSpec("next_component", "Next part", group, ("Tab",), "",
                   "Bring the next lesion, then the next proposed region to the middle; F6 leaves the picture", PICTURE,
                   repeats=True),
        ActionSpec("previous_component", "Previous part", group, ("Shift+Tab",), "",
                   "Bring the lesion or proposed region before to the middle", PICTURE, repeats=True),
        ActionSpec("go_to_frame", "Go to frame", group, ("Ctrl+G",), "target", "Type the number of a frame", PICTURE),
        ActionSpec("play", "Play or pause", group, ("Space",), "play", "Tap Space to play, hold it to move the picture",
                   ONLY_VIDEO, held=True),
        ActionSpec("queue_to_review", "Queue: to review", group, layouts=PICTURE),
        ActionSpec("queue_proposed", "Queue: with proposals", group, layouts=PICTURE),
        ActionSpec("queue_needs_work", "Queue: needs work", group, layouts=PICTURE),
        ActionSpec("queue_decided", "Queue: decided", group, layouts=PICTURE),
    )  # fmt: skip


def _see() -> tuple[ActionSpec, ...]:
    group = Group.SEE
    return (
        ActionSpec("fit", "Fit the picture", group, ("Ctrl+0",), "fit", layouts=PICTURE),
        ActionSpec("one_to_one", "One to one", group, ("Ctrl+1",), layouts=PICTURE),
        ActionSpec("zoom_in", "Zoom in", group, ("Ctrl++", "Ctrl+="), layouts=PICTURE, repeats=True),
        ActionSpec("zoom_out", "Zoom out", group, ("Ctrl+-",), layouts=PICTURE, repeats=True),
        ActionSpec("peek", "Peek under the mask", group, ("X",), "eye", "Hold to look under the mask", PICTURE,
                   held=True),
        ActionSpec("hide", "Hide masks", group, ("H",), "eye", "Hide or show every overlay", PICTURE, checkable=True),
        ActionSpec("outline", "Outline only", group, ("O",), "outline", "Outline or fill", PICTURE, checkable=True),
        ActionSpec("fainter", "Fainter masks", group, (",",), layouts=PICTURE, repeats=True),
        ActionSpec("stronger", "Stronger masks", group, (".",), layouts=PICTURE, repeats=True),
        ActionSpec("view_panel", "View options", group, ("Shift+V",), "sliders",
                   "Choose layers, and how the picture is shown; nothing of it is ever stored", PICTURE,
                   checkable=True),
        ActionSpec("heat", "Heat map", group, ("Shift+H",), "heat", "How probable the model finds a polyp, in colours",
                   PICTURE, checkable=True),
        ActionSpec("provenance", "Provenance", group, ("Shift+P",), "layers",
                   "What the model proposed, and what a hand kept, added or removed", PICTURE, checkable=True),
        ActionSpec("difference", "Difference", group, ("Shift+D",), "layers",
                   "How the mask and the shown proposal differ, with Dice", PICTURE, checkable=True),
        ActionSpec("compare", "Compare", group, ("V",), "compare",
                   "Show an earlier revision, the proposal or the bare picture beside this frame", PICTURE,
                   checkable=True),
        ActionSpec("enhance", "Enhanced view", group, ("Shift+E",), "enhance",
                   "Switch contrast, colours and the like on or off; only what is shown changes", PICTURE,
                   checkable=True),
        ActionSpec("field", "Field of view", group, ("Shift+F",), "field", "Show where the endoscope sees", PICTURE,
                   checkable=True),
        ActionSpec("cover", "Cover burnt-in text", group, ("Ctrl+Shift+H",), "",
                   "For shared screens: cover all outside the field of view, on the screen only",
                   PICTURE, checkable=True),
        ActionSpec("crosshair", "Crosshair", group, ("Shift+C",), "target", "Lines through the cursor", PICTURE,
                   checkable=True),
        ActionSpec("grid", "Pixel grid", group, ("Shift+G",), "grid", "Lines between pixels at high zoom", PICTURE,
                   checkable=True),
        ActionSpec("mini_map", "Mini-map", group, ("Shift+M",), "map", "A small map while a part is out of sight",
                   PICTURE, checkable=True),
        ActionSpec("set_scale", "Set the scale", group, (), "ruler",
                   "Say how many millimetres a length in the picture is", PICTURE),
        ActionSpec("pan_left", "Look further left", group, ("Ctrl+Shift+Left",), layouts=PICTURE, repeats=True),
        ActionSpec("pan_right", "Look further right", group, ("Ctrl+Shift+Right",), layouts=PICTURE, repeats=True),
        ActionSpec("pan_up", "Look further up", group, ("Ctrl+Shift+Up",), layouts=PICTURE, repeats=True),
        ActionSpec("pan_down", "Look further down", group, ("Ctrl+Shift+Down",), layouts=PICTURE, repeats=True),
    )  # fmt: skip


def _model() -> tuple[ActionSpec, ...]:
    group = Group.MODEL
    return (
        ActionSpec("propose", "Propose for this frame again", group, (), "demo", layouts=PICTURE),
        ActionSpec("propose_all", "Propose for all frames", group, ("Ctrl+P",), "demo",
                   "Ask the model about every frame that is not decided"),
        ActionSpec("stop_job", "Stop the running job", group, (), "stop", "Stop importing, exporting or proposing"),
        ActionSpec("show_models", "Models, threshold and device", group, ("Ctrl+M",), "model", layouts=PICTURE),
        ActionSpec("fine_tune", "Fine-tune", group, ("Ctrl+T",), "train", "Train on the frames you decided"),
        ActionSpec("stop_training", "Stop training", group, (), "stop", "End the training; nothing half done stays"),
    )  # fmt: skip


def _project() -> tuple[ActionSpec, ...]:
    group = Group.PROJECT
    return (
        ActionSpec("open_project", "Open project", group, ("Ctrl+O",), "folder", "Open a project folder"),
        ActionSpec("new_project", "New project", group, ("Ctrl+Shift+N",), "plus", "Make a project in an empty folder"),
        ActionSpec("open_demo", "Open demo", group, (), "demo", "Make a project of generated frames and open it"),
        ActionSpec("import_files", "Import", group, ("Ctrl+I",), "import", "Add images and videos to this project"),
        ActionSpec("import_folder", "Import a folder", group, ("Ctrl+Shift+I",), "import",
                   "Add a folder of images and videos, with masks if it has them"),
        ActionSpec("export_kvasir", "Export as images and masks", group, ("Ctrl+E",), "export",
                   "Write the decided frames as images, masks and boxes (kvasir)"),
        ActionSpec("export_coco", "Export as COCO", group, ("Ctrl+Shift+E",), "export",
                   "Write the decided frames with COCO annotations"),
        ActionSpec("save", "Save", group, ("Ctrl+S",), "check", "Everything is saved by itself; this says when"),
        ActionSpec("quit", "Quit", group, ("Ctrl+Q",)),
    )  # fmt: skip


def _window() -> tuple[ActionSpec, ...]:
    group = Group.WINDOW
    return (
        ActionSpec("palette", "Find an action", group, ("Ctrl+K",), "search", "Find any action by name"),
        ActionSpec("cheat_sheet", "All keys", group, ("F1",), "keys", "Show every key"),
        ActionSpec("review", "Review", group, ("F2",), "review", "One frame after the other", checkable=True),
        ActionSpec("video", "Video", group, ("F3",), "video", "The frames of one video on a time line", checkable=True),
        ActionSpec("train", "Train", group, ("F4",), "train", "Fine-tune the model on what you decided",
                   checkable=True),
        ActionSpec("toggle_strip", "Strip", group, ("F9",), "strip", "Show or hide the strip", PICTURE),
        ActionSpec("toggle_panel", "Panel", group, ("F10",), "panel", "Show or hide the panel", PICTURE),
        ActionSpec("only_picture", "Only the picture", group, ("F11",), "fit", "Hide everything but the picture",
                   PICTURE),
        ActionSpec("full_screen", "Full screen", group, ("Ctrl+Shift+F", "Shift+F11"), "fit", "The whole screen",
                   checkable=True),
        ActionSpec("show_frame_tab", "Panel: frame", group, (), "review", layouts=PICTURE),
        ActionSpec("show_lesions_tab", "Panel: lesions", group, (), "outline", layouts=PICTURE),
        ActionSpec("show_history_tab", "Panel: history", group, (), "history", layouts=PICTURE),
        ActionSpec("show_media_tab", "Panel: media", group, (), "folder", layouts=PICTURE),
        ActionSpec("switch_theme", "Switch theme", group, ("Ctrl+Shift+L",), "theme", "Dark, light or high contrast"),
        ActionSpec("larger_text", "Larger text", group, ("Ctrl+Alt+=", "Ctrl+Alt++"), repeats=True),
        ActionSpec("smaller_text", "Smaller text", group, ("Ctrl+Alt+-",), repeats=True),
        ActionSpec("normal_text", "Normal text", group, ("Ctrl+Alt+0",)),
        ActionSpec("switch_keys", "Switch key preset", group, (), "keys", "PolypViewer's keys or CVAT's"),
        ActionSpec("change_keys", "Change keys", group, (), "keys", "Give any action the key that your hand knows"),
        ActionSpec("next_area", "Next area", group, ("F6",), "",
                   "The keyboard goes to the next part of the window: picture, tools, panel, strip"),
        ActionSpec("previous_area", "Previous area", group, ("Shift+F6",), "",
                   "The keyboard goes to the part of the window before"),
        ActionSpec("rename_reader", "Change the reader", group, (), "comment", "Who decides from now on"),
    )  # fmt: skip


ACTIONS: Final[tuple[ActionSpec, ...]] = (
    *_decide(), *_draw(), *_shape(), *_go(), *_see(), *_model(), *_project(), *_window(),
)  # fmt: skip
BY_ID: Final[dict[str, ActionSpec]] = {spec.id: spec for spec in ACTIONS}
TOOL_GROUPS: Final = (
    ("pan",),
    ("brush", "eraser", "ignore", "nudge"),
    ("lasso", "livewire"),
    ("fill", "wand", "seeds", "box"),
)
"""The tools of the rail, in groups."""
TOOL_IDS: Final = tuple(name for names in TOOL_GROUPS for name in names)
SHAPE_MENU: Final = (
    ("grow", "shrink", "smooth", "fill_holes", "remove_islands", "keep_island", "convex_hull"),
    ("all_lesions",),
    ("merge_lesions", "split_lesion", "move_island"),
    ("copy_mask", "paste_mask", "clear_frame"),
    ("paint_outside", "correct_field", "find_field", "whole_field"),
)
"""The menu of the options bar, in groups."""

_MAC_KEYS: Final = {"next_in_queue": ("Alt+Right",), "previous_in_queue": ("Alt+Left",)}
_SHORT: Final = {"Return": "Enter", "Shift+Return": "Shift+Enter", "Ctrl+Shift+Return": "Ctrl+Shift+Enter"}


Keys = Preset | Mapping[str, tuple[str, ...]]
"""A preset, or what a reader made of one: the keys of every action by its id (`key_bindings.key_table`)."""


def keys_of(spec: ActionSpec, preset: Keys) -> tuple[str, ...]:
    """The keys of an action in a preset, as Qt writes them; the first is the one that is shown."""
    if not isinstance(preset, Preset):
        return preset[spec.id]
    if sys.platform == "darwin" and spec.id in _MAC_KEYS:
        return _MAC_KEYS[spec.id]
    if preset is Preset.CVAT and spec.cvat is not None:
        return spec.cvat
    return spec.keys


def key_text(spec: ActionSpec, preset: Keys) -> str:
    """The key that stands on buttons ("Enter", "Ctrl+T"); "" for an action without one."""
    keys = keys_of(spec, preset)
    if not keys:
        return ""
    return _SHORT.get(keys[0], QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText))


def tooltip(spec: ActionSpec, preset: Keys) -> str:
    """One line: what it does, and its key."""
    text = translate(spec.tip or spec.text)
    key = key_text(spec, preset)
    return f"{text}  ·  {key}" if key else text


def conflicts(preset: Keys) -> tuple[tuple[str, str, str], ...]:
    """(key, action, action) where two actions that can be on at the same time share a key."""
    owner: dict[tuple[str, Layout], str] = {}
    found: list[tuple[str, str, str]] = []
    for spec in ACTIONS:
        for key in keys_of(spec, preset):
            for layout in spec.layouts:
                other = owner.setdefault((QKeySequence(key).toString(), layout), spec.id)
                if other != spec.id and not (spec.held and BY_ID[other].held):
                    found.append((key, other, spec.id))
    return tuple(dict.fromkeys(found))
