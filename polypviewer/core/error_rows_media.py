"""Error sentences of media and data sets; read through `error_sentences.SENTENCES`."""

from __future__ import annotations

from typing import Final

_COPY_AGAIN: Final = "Copy it again from its source, then import it again."

MEDIA_ROWS: Final[dict[str, tuple[str, str]]] = {
    "media.missing": ("{name} is not where it was.", "Reconnect its drive, or relink the folder it was moved to."),
    "media.unreadable": (
        "{name} cannot be read from disk ({reason}).",
        "Check the drive and the permissions, then import it again.",
    ),
    "media.empty": ("{name} is empty (0 bytes).", _COPY_AGAIN),
    "media.truncated": ("{name} is cut off: the end of the picture is missing.", _COPY_AGAIN),
    "media.damaged": ("{name} is damaged and cannot be decoded ({reason}).", _COPY_AGAIN),
    "media.not_an_image": (
        "{name} is not an image, whatever its name says.",
        "Open JPEG, PNG, TIFF, BMP or WebP files.",
    ),
    "media.unsupported": (
        "{name} has a type that no reader here knows.",
        "Open JPEG, PNG, TIFF, BMP or WebP images, or MP4, MOV, MKV, AVI, WebM, MPEG or TS videos.",
    ),
    "media.too_large": (
        "{name} states {width}x{height} pixels, more than the limit of {limit}; it was not decoded.",
        "If you trust it, raise the pixel limit in the settings.",
    ),
    "media.file_too_large": (
        "{name} has {size} bytes, more than an image within the pixel limit can need; it was not read.",
        "If you trust it, raise the pixel limit in the settings.",
    ),
    "media.value_range": (
        "{name} holds values that are no brightness ({reason}).",
        "Convert it to an image of 8 or 16 bits.",
    ),
    "media.not_a_video": (
        "{name} cannot be opened as a video ({reason}).",
        "Copy it again from its source, or convert it to MP4 with H.264.",
    ),
    "media.video_unfinished": (
        "{name} was never finished: its table of frames (moov) is missing.",
        "Copy it again from the recorder, or repair it with the recorder's software.",
    ),
    "media.no_video_stream": ("{name} holds no pictures.", "Open the file that holds the video track."),
    "media.no_frames": ("{name} is a video without a single frame that can be decoded.", _COPY_AGAIN),
    "media.codec": (
        "{name} is coded in a way that cannot be decoded here ({codec}).",
        "Convert it to MP4 with H.264.",
    ),
    "media.no_frame": ("{name} has no frame {index}; it has {count}.", "Ask for a frame between 0 and the last one."),
    "media.frame_undecodable": (
        "Frame {index} of {name} cannot be decoded.",
        "Go to another frame; the rest of the video is not affected.",
    ),
    "media.frame_size": (
        "Frame {index} of {name} is {width}x{height} pixels, unlike the rest of the video.",
        "Go to another frame; the rest of the video is not affected.",
    ),
    "media.changed": (
        "{name} is not the file it was: its frames have other bytes now.",
        "Relink the original file; nothing drawn on it was changed.",
    ),
    "media.index_damaged": (
        "The stored frame index cannot be used ({reason}).",
        "It is built again; nothing is lost.",
    ),
    "media.not_written": (
        "{name} could not be written ({reason}).",
        "Check free space and write permission of the folder.",
    ),
}

DATASET_ROWS: Final[dict[str, tuple[str, str]]] = {
    "dataset.missing": ("{name} does not exist.", "Check the path."),
    "dataset.nothing_found": (
        "There is no image or video in {name}.",
        "Choose a folder that holds JPEG, PNG, TIFF, BMP, WebP or video files.",
    ),
    "dataset.mask_unreadable": ("The mask {name} cannot be read.", "Copy it again from its source."),
    "dataset.mask_values": (
        "The mask {name} is neither black nor white: its highest value is {highest}.",
        "Save it with 0 for background and 255 for polyp.",
    ),
    "dataset.mask_size": (
        "{name} has a mask of another size: {mask_width}x{mask_height} for an image of {width}x{height}.",
        "Use a mask of the image's own size.",
    ),
    "dataset.pattern": (
        "The pattern {pattern!r} cannot be used ({reason}).",
        "Write a regular expression with one group, for example (\\d+)_.",
    ),
    "dataset.exam_rule": (
        "There is no exam rule called {rule!r}.",
        "Use one, folder, pattern:<expression> or unknown.",
    ),
    "dataset.format": ("There is no export format called {format!r}.", "Use {known}."),
    "dataset.destination_in_use": (
        "{name} is not empty, so nothing was written.",
        "Choose another folder, or say that it may be overwritten.",
    ),
    "dataset.destination_is_foreign": (
        "{name} holds files that no export wrote, so it was not replaced.",
        "Choose an empty folder, or one that an export of this program wrote.",
    ),
    "dataset.destination_not_a_folder": ("{name} is a file.", "Choose a folder."),
    "dataset.not_written": (
        "The export to {name} failed ({reason}); nothing was left behind.",
        "Check free space and write permission, then export again.",
    ),
    "dataset.nothing_to_export": (
        "There is no decided frame to export.",
        "Accept a mask or state that there is no polyp in at least one frame.",
    ),
    "dataset.same_name": ("Two frames are called {name}.", "Export them under different names."),
    "dataset.label_map_size": (
        "{name} has a label map of {mask_width}x{mask_height} on an image of {width}x{height}.",
        "Relink the original file, then export again.",
    ),
    "dataset.holdout_fraction": ("A hold-out share of {value} is not possible.", "Use a share between 0 and 1."),
}
