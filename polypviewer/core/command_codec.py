"""Commands as bytes for the journal.

A length-prefixed JSON head, then the patches one after another. Payload version 1 kept the pixels of a patch as zlib of
the XOR's bytes, row by row; version 2 keeps them as `patch.pack_xor` makes them. Both are read.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any, Final
from uuid import UUID

import numpy as np

from polypviewer.core.command import Change, Command, MaskChange, ValueChange
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.patch import MaskPatch, pack_xor

PAYLOAD_VERSION: Final = 2
_HEAD: Final = struct.Struct("<HI")


def encode_command(command: Command) -> bytes:
    """The bytes of a command; `decode_command` gives an equal command."""
    head = {
        "id": str(command.id),
        "reader": str(command.reader_id),
        "kind": command.kind,
        "group": str(command.group) if command.group else None,
        "text": command.text,
        "changes": [_change_head(change) for change in command.changes],
    }
    packed = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    patches = b"".join(change.patch.packed for change in command.changes if isinstance(change, MaskChange))
    return _HEAD.pack(PAYLOAD_VERSION, len(packed)) + packed + patches


def decode_command(data: bytes) -> Command:
    """The command of `encode_command`. Raises `EditError` for a newer payload or damaged bytes."""
    try:
        version, length = _HEAD.unpack_from(data)
        if version > PAYLOAD_VERSION:
            raise EditError("edit.newer_command", version=version)
        start = _HEAD.size
        head = json.loads(data[start : start + length])
        changes = _changes(head["changes"], memoryview(data)[start + length :], version=version)
        group = UUID(head["group"]) if head["group"] else None
        return Command(UUID(head["id"]), UUID(head["reader"]), head["kind"], changes, group, head["text"])
    except (struct.error, zlib.error, ValueError, KeyError, TypeError) as error:
        raise EditError("edit.command_damaged", reason=str(error)) from error


def _change_head(change: Change) -> dict[str, Any]:
    where = [str(change.frame.media_id), change.frame.index]
    if isinstance(change, ValueChange):
        return {"frame": where, "field": change.field, "before": change.before, "after": change.after}
    patch = change.patch
    rect = [patch.rect.x, patch.rect.y, patch.rect.width, patch.rect.height]
    return {"frame": where, "size": [patch.height, patch.width], "rect": rect, "bytes": len(patch.packed)}


def _changes(heads: list[dict[str, Any]], patches: memoryview, *, version: int) -> tuple[Change, ...]:
    changes: list[Change] = []
    start = 0
    for head in heads:
        frame = FrameRef(UUID(head["frame"][0]), int(head["frame"][1]))
        if "field" in head:
            changes.append(ValueChange(frame, head["field"], head["before"], head["after"]))
            continue
        end = start + int(head["bytes"])
        if end > len(patches):
            raise ValueError("the pixels are cut off")
        rect, packed = Rect(*head["rect"]), bytes(patches[start:end])
        packed = _repacked(packed, rect) if version == 1 else packed
        patch = MaskPatch(head["size"][0], head["size"][1], rect, packed)
        changes.append(MaskChange(frame, patch))
        start = end
    return tuple(changes)


def _repacked(packed: bytes, rect: Rect) -> bytes:
    """The pixels of a patch of payload version 1 as they are kept now."""
    return pack_xor(np.frombuffer(zlib.decompress(packed), np.uint8).reshape(rect.height, rect.width))
