"""Error sentences of the running application: edits without a frame, settings, training, the command line."""

from __future__ import annotations

from typing import Final

SESSION_ROWS: Final[dict[str, tuple[str, str]]] = {
    "edit.no_project": ("No project is open.", "Open or make a project first."),
    "edit.stroke_under_way": ("A stroke is being drawn.", "Release the mouse, or press Escape."),
    "edit.frame_changed": (
        "The frame was changed while the tool was working, so nothing was done.",
        "Use the tool again.",
    ),
    "edit.frame_gone": (
        "This step was made on a frame that is not in the project any more, so nothing was done.",
        "Import its file again, or find it again with Relink.",
    ),
    "edit.nothing_copied": ("No mask has been copied.", "Copy one first (Ctrl+C)."),
    "edit.nothing_selected": ("There is no mask here to copy.", "Paint one first."),
    "edit.no_lesion_here": ("No lesion lies under the cursor.", "Point at the region that you mean."),
    "edit.fill_open": ("This area is not enclosed by a mask.", "Close the outline first, or use the wand (W)."),
    "edit.paste_size": (
        "The copied mask is of a frame of {copied} pixels; this one has {here}.",
        "Paste it into a frame of the same size.",
    ),
    "edit.nothing_changes": ("That changes nothing here.", "Choose another lesion, or another size."),
    "edit.all_ignored": (
        "All of the proposal lies under pixels that are marked as ignored.",
        "Erase the ignored pixels, or state that there is no polyp.",
    ),
    "edit.nothing_proposed": ("No frame waits with a proposal.", "Propose for all frames first."),
    "field.too_small": ("The drawn field of view is too small.", "Draw around everything that the endoscope sees."),
    "field.unreadable": (
        "The stated field of view cannot be read: {reason}.",
        "Update the application, or find the field of view again.",
    ),
    "scale.impossible": (
        "{value} mm per pixel cannot be the scale of an endoscope's picture.",
        "Give the millimetres that one pixel spans, for example 0.05.",
    ),
    "edit.no_model": ("No model is loaded.", "Choose one in the model panel."),
    "settings.unknown": ("There is no setting called {name}.", "See the user guide for the settings that exist."),
    "settings.value": ("{value!r} does not fit the setting {name}.", "Give a value of the setting's kind."),
    "settings.choice": ("{value!r} is no choice for {name}.", "Choose one of: {choices}."),
    "settings.range": ("{value} is out of range for {name}.", "Give a value from {lowest} to {highest}."),
    "settings.write": (
        "The settings cannot be written to {path}: {reason}.",
        "Free space or make the folder writable.",
    ),
    "import.nothing": ("No image or video was found in {paths}.", "Give files or folders with images or videos."),
    "import.path": ("{path} does not exist.", "Check the path."),
    "export.nothing": ("No frame is decided yet, so there is nothing to export.", "Accept some frames first."),
    "training.nothing": (
        "No frame is decided yet, so there is nothing to train on.",
        "Accept some frames, or state that they hold no polyp, first.",
    ),
    "training.no_torch": (
        "The trainer's libraries are not installed ({reason}).",
        "Install them with: pip install 'polypviewer[cpu,train]'.",
    ),
    "training.not_started": (
        "The trainer cannot be started: {reason}.",
        "Check the installation with: polypviewer doctor.",
    ),
    "training.crashed": (
        "The trainer ended without an answer (exit code {exit_code}).",
        "Nothing was changed. Details are in the log; start the training again.",
    ),
    "training.hung": (
        "The trainer gave no sign of life for {seconds:.0f} s and was ended.",
        "Nothing was changed. Close other programs and start the training again.",
    ),
    "training.told": ("The trainer stopped with an error: {message}", "{cure}"),
    "training.stopped": ("The training was stopped.", "Nothing was changed."),
    "training.failed": ("{happened}", "{cure}"),
    "training.bundle": (
        "The trainer's new model cannot be used: {reason}",
        "Nothing was changed. Start the training again.",
    ),
    "training.other_bundle": (
        "The trainer's new model is not the one that it named.",
        "Nothing was changed. Start the training again.",
    ),
    "training.job": (
        "The training job cannot be written: {reason}.",
        "Free space on the project's disk and try again.",
    ),
    "training.running": ("A training is running already.", "Wait for it, or stop it first."),
    "training.no_base": ("There is no model to start from.", "Choose a model first."),
    "demo.not_empty": ("{folder} is not empty and holds no project.", "Choose an empty folder for the demo."),
    "predict.same_stem": (
        "{first} and {second} would both write {name}.",
        "Rename one of them, or predict them into two folders.",
    ),
    "predict.video": ("{name} is a video; predict takes images.", "Import it into a project and propose there."),
    "predict.not_empty": ("{folder} is not empty.", "Choose an empty folder, or add --overwrite."),
    "predict.write": ("{path} cannot be written: {reason}.", "Free space or choose another folder."),
    "command.interrupted": ("Interrupted.", "Nothing half done was left."),
    "command.window": ("No window can open here.", "{reason}"),
}
