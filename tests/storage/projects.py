"""Small real projects for the tests of this room: media, frames, strokes, and folders that a disk refuses to change."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np

from polypviewer.core.command import Change, Command, MaskChange, ValueChange
from polypviewer.core.draft import Draft
from polypviewer.core.geometry import Rect
from polypviewer.core.identity import FrameIdentity, FrameKey, FrameRef, media_uuid
from polypviewer.core.label_map import LabelMap
from polypviewer.core.media_item import MediaItem
from polypviewer.core.patch import patch_between
from polypviewer.core.proposal import Geometry, Proposal, pack_seen
from polypviewer.core.review import set_value
from polypviewer.storage import ProjectStore, create_project, open_project

HEIGHT, WIDTH = 48, 64
DEFAULTS = {"presence": "unknown", "decision": "undecided", "decided_by": "none"}


def still(number: int = 0, *, height: int = HEIGHT, width: int = WIDTH, name: str = "") -> MediaItem:
    """An image of a project."""
    fingerprint = f"file1:{number:032x}"
    return MediaItem(media_uuid(fingerprint), name, "image", fingerprint, height, width, 1)


def ref_of(number: int = 0) -> FrameRef:
    """The frame of `still(number)`."""
    return FrameRef(still(number).id, 0)


def identity_of(ref: FrameRef, *, height: int = HEIGHT, width: int = WIDTH) -> FrameIdentity:
    """What a reader of files would say of a frame."""
    key = FrameKey(ref.media_id, 0, ref.index * 512, 0)
    return FrameIdentity(ref, key, f"file1:{ref.media_id.hex}", height, width)


def make_project(folder: Path, *, stills: int = 2) -> Path:
    """A project with some images, closed."""
    create_project(folder, name="test")
    store = open_project(folder, reader="anna")
    for number in range(stills):
        store.add_media(still(number), path=folder.parent / f"image-{number}.jpg")
    store.close()
    return folder


@contextmanager
def opened(folder: Path, *, reader: str = "anna", read_only: bool = False) -> Iterator[ProjectStore]:
    """An open project that is closed again."""
    store = open_project(folder, reader=reader, read_only=read_only)
    try:
        yield store
    finally:
        store.close()


def painted(draft: Draft, rect: Rect, value: int = 1) -> tuple[Change, ...]:
    """The changes of painting a rectangle and of saying that it is drawn; the draft is left as it is."""
    after = draft.label_map.copy()
    after[rect.slices] = value
    patch = patch_between(draft.label_map, after, Rect(0, 0, draft.label_map.shape[1], draft.label_map.shape[0]))
    return (MaskChange(draft.frame, patch), *set_value(draft, "origin", "drawn"))


def stroke(store: ProjectStore, draft: Draft, rect: Rect, value: int = 1, *, command_id: UUID | None = None) -> Command:
    """Paint a rectangle: the draft changes and the journal has it."""
    return done(store, draft, painted(draft, rect, value), command_id=command_id)


def done(
    store: ProjectStore,
    draft: Draft,
    changes: tuple[Change, ...],
    *,
    kind: str = "stroke",
    command_id: UUID | None = None,
) -> Command:
    """Make changes: the draft has them and the journal has them."""
    command = Command(command_id or uuid4(), store.reader.id, kind, changes)
    store.append(command, "do")
    draft.apply_all(command.changes)
    return command


def decided(ref: FrameRef, presence: str = "polyp") -> tuple[Change, ...]:
    """The changes of a first decision."""
    return (
        ValueChange(ref, "presence", None, presence),
        ValueChange(ref, "decision", None, "accepted"),
        ValueChange(ref, "decided_by", None, "single"),
    )


def box(x: int, y: int, width: int = 8, height: int = 6) -> Rect:
    """A rectangle inside a test image."""
    return Rect(x, y, width, height)


def pixels(*rects: Rect, value: int = 1) -> LabelMap:
    """A label map with rectangles."""
    made = np.zeros((HEIGHT, WIDTH), np.uint8)
    for rect in rects:
        made[rect.slices] = value
    return made


def plain(values: dict[str, str]) -> dict[str, str]:
    """Values without those that say nothing."""
    return {name: value for name, value in values.items() if DEFAULTS.get(name) != value}


def proposal_for(ref: FrameRef) -> Proposal:
    """A network's proposal with one region."""
    probability = np.zeros((32, 32), np.uint8)
    probability[8:20, 8:20] = 240
    geometry = Geometry(Rect(0, 0, WIDTH, HEIGHT), HEIGHT, WIDTH)
    seen = pack_seen(np.ones((HEIGHT, WIDTH), np.bool_))
    return Proposal(uuid4(), ref, probability, geometry, 0.5, 0.0, "b" * 64, "cpu", 12.5, seen)


def files_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of change of every file in a folder, by relative path."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def mounted(*arguments: str) -> bool:
    """True if `mount` with these arguments worked."""
    try:
        return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def unmounted(place: Path) -> None:
    """Take a mount away again."""
    subprocess.run(["umount", str(place)], capture_output=True, check=True)
