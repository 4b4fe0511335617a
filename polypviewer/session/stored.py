"""What the session asks of an open project's stores. Every function runs on the thread that owns them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from polypviewer.core.errors import MediaError, PolypViewerError
from polypviewer.core.exam_rules import ONE_GROUP, ExamRule, group_names
from polypviewer.core.identity import FrameIdentity, FrameRef, media_uuid
from polypviewer.core.label_map import LabelMap, has_polyp
from polypviewer.core.media_item import MediaItem, MediaKind
from polypviewer.core.media_names import VIDEO_SUFFIXES
from polypviewer.core.proposal import Proposal, proposal_components
from polypviewer.core.record import UNKNOWN_EXAM, ExamKey, ExamSource, LesionRow, Provenance
from polypviewer.core.review import (
    DecidedBy,
    Decision,
    Origin,
    Presence,
    ReviewStatus,
    frame_truth,
    review_status,
)

if TYPE_CHECKING:
    from polypviewer.media.frame_source import MediaInfo
    from polypviewer.segmentation import ModelBundle
    from polypviewer.storage.revisions import StoredRevision
    from polypviewer.storage.store import ProjectStore

FIELD_OF_VIEW: Final = "field_of_view"
"""The statement field in which a reader corrects a medium's field of view."""
_SOURCES: Final[dict[str, ExamSource]] = {"one": "given", "folder": "folder", "pattern": "pattern"}


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Media in order, where they lie, and the light of each frame that is not unreviewed."""

    media: tuple[MediaItem, ...]
    paths: dict[UUID, Path]
    statuses: dict[FrameRef, ReviewStatus]
    proposed: frozenset[FrameRef]
    stated_fields: dict[UUID, str]


@dataclass(frozen=True, slots=True, eq=False)
class DecidedFrame:
    """One frame that somebody decided. `name` is safe to export; `load_label_map` runs on the stores' thread."""

    name: str
    path: Path
    is_still: bool
    identity: FrameIdentity
    exam: ExamKey
    presence: Presence
    revision_id: UUID
    provenance: Provenance
    lesions: tuple[LesionRow, ...]
    stated_field: str | None
    load_label_map: Callable[[ProjectStore], LabelMap]


@dataclass(frozen=True, slots=True, eq=False)
class NewEntry:
    """A file that is imported: what a look at it gave, or why it cannot be read."""

    path: Path
    exam: ExamKey
    info: MediaInfo | None = None
    problem: PolypViewerError | None = None


# --- what is there ---


def listing(store: ProjectStore) -> Listing:
    """All that the strip shows, as this reader sees it."""
    media = store.media()
    known = store.paths()
    proposed = frozenset(store.cache.proposals_summary())
    statuses = dict.fromkeys(proposed, ReviewStatus.PROPOSED)
    for head in store.heads():
        if head.reader_id == store.reader.id:
            statuses[head.frame] = review_status(
                head.values, has_mask=head.has_mask, has_proposal=head.frame in proposed
            )
    for ref in store.replayed.frames:
        draft = store.load_draft(ref)
        statuses[ref] = review_status(draft.values, has_mask=has_polyp(draft.label_map), has_proposal=ref in proposed)
    paths = {item.id: known.get(item.id, Path(item.name)) for item in media}
    return Listing(media, paths, statuses, proposed, store.latest_statements(FIELD_OF_VIEW))


def frames_proposed(store: ProjectStore, digest: str) -> set[FrameRef]:
    """Frames with a proposal of a bundle."""
    return set(store.cache.proposals_summary(digest))


def state_field(store: ProjectStore, media_id: UUID, text: str | None) -> None:
    """State where a medium sees tissue (None: take it back); what models proposed for it before holds no more."""
    store.cache.forget_proposals(media_id)
    store.state(media_id, FIELD_OF_VIEW, text)


def proposal_areas(store: ProjectStore, *, digest: str) -> dict[FrameRef, float]:
    """Share of the frame (0-1) that each stored proposal of a bundle covers."""
    return {ref: area for ref, (_, area) in store.cache.proposals_summary(digest).items()}


def put_proposal(store: ProjectStore, proposal: Proposal) -> None:
    """Keep a proposal in the cache, with its confidence and area for the curves."""
    components = proposal_components(proposal)
    pixels = proposal.geometry.height * proposal.geometry.width
    confidence = max((component.confidence for component in components), default=0.0)
    area = sum(component.area for component in components) / pixels
    store.cache.put_proposal(proposal, confidence=confidence, area=area)


def about_project(store: ProjectStore) -> tuple[str, str | None]:
    """The project's name and the digest of its active bundle."""
    return store.name, store.active_bundle()


# --- decided frames ---


def decided_frames(store: ProjectStore) -> Sequence[DecidedFrame]:
    """Every frame whose truth is known, in the order of the project."""
    media = {item.id: (place, item) for place, item in enumerate(store.media())}
    heads: dict[FrameRef, list[StoredRevision]] = {}
    for stored in store.heads():
        heads.setdefault(stored.frame, []).append(stored)
    chosen = [
        (ref, truth) for ref, rows in heads.items() if (truth := _truth(rows)) is not None and ref.media_id in media
    ]
    chosen.sort(key=lambda pair: (media[pair[0].media_id][0], pair[0].index))
    readers, paths, fields = store.readers(), store.paths(), store.latest_statements(FIELD_OF_VIEW)
    return [
        _decided(
            store,
            media[ref.media_id][1],
            paths.get(ref.media_id, Path()),
            truth,
            readers.get(truth.reader_id, ""),
            fields.get(ref.media_id),
        )
        for ref, truth in chosen
    ]


def _truth(rows: list[StoredRevision]) -> StoredRevision | None:
    head = frame_truth([row.head for row in rows])
    return None if head is None else next(row for row in rows if row.id == head.revision_id)


def _decided(
    store: ProjectStore, item: MediaItem, path: Path, truth: StoredRevision, reader: str, stated_field: str | None
) -> DecidedFrame:
    identity = store.frame_identity(truth.frame)
    if identity is None:
        raise MediaError("media.changed", name=item.name)
    is_still = item.kind == "image"
    return DecidedFrame(
        name=item.name if is_still else f"{item.name}_{truth.frame.index:06}",
        path=path,
        is_still=is_still,
        identity=identity,
        exam=item.exam,
        presence=Presence(truth.values["presence"]),
        revision_id=truth.id,
        provenance=Provenance(
            reader=reader,
            revision_id=truth.id,
            origin=Origin(truth.values.get("origin", Origin.DRAWN)),
            decision=Decision(truth.values["decision"]),
            bundle_digest=store.proposal_bundle(truth.values.get("proposal_id")),
            decided_at=truth.created,
        ),
        lesions=tuple(LesionRow(slot, lesion_id) for slot, lesion_id in store.lesions(truth)),
        stated_field=stated_field,
        load_label_map=partial(_label_map, stored=truth),
    )


def _label_map(store: ProjectStore, *, stored: StoredRevision) -> LabelMap:
    return store.label_map(stored)


def settle(store: ProjectStore, ref: FrameRef, known: FrameIdentity | None = None) -> bool:
    """Make a revision of a frame whose journal goes beyond its head; False where its file cannot be read just now.

    `known`: the identity, where somebody has read it from the file already.
    """
    identity = store.frame_identity(ref) or known
    if identity is None:
        path = store.paths().get(ref.media_id)
        if path is None:
            return False
        identity = _identity_in_file(path, ref)
    if identity is None:
        return False
    store.write_revision(store.load_draft(ref), identity=identity)
    return True


def _identity_in_file(path: Path, ref: FrameRef) -> FrameIdentity | None:
    from polypviewer.media.readers import open_media

    try:
        with open_media(path) as source:
            return source.identity(ref.index, ref.media_id)
    except MediaError:
        return None


# --- import ---


def known_media(store: ProjectStore) -> dict[UUID, str]:
    """Why each medium that is there already is broken; "" for those that are not."""
    return {item.id: item.broken for item in store.media()}


def exams_for(store: ProjectStore, paths: Sequence[Path], rule: ExamRule) -> list[ExamKey]:
    """The exam of each path; groups that an earlier import has seen keep their pseudonym."""
    return list(_exams(store, group_names(paths, rule), rule, run=uuid4()))


def _exams(store: ProjectStore, groups: list[str | None], rule: ExamRule, *, run: UUID) -> Iterator[ExamKey]:
    made: dict[str, ExamKey] = {}
    for group in groups:
        if group is None:
            yield UNKNOWN_EXAM
            continue
        if group not in made:
            name = f"{ONE_GROUP} {run}" if rule.kind == "one" else group
            made[group] = ExamKey(store.new_exam_key(name), _SOURCES[rule.kind])
        yield made[group]


def entry_id(entry: NewEntry) -> UUID:
    """The id that a file has in a project: by its bytes, or, where they cannot be read, by its place."""
    return media_uuid(_fingerprint(entry))


def add_entry(store: ProjectStore, entry: NewEntry) -> UUID:
    """Reference a file in the project, under a pseudonym; returns its id."""
    info = entry.info
    if info is None:
        item = MediaItem(
            entry_id(entry), "", _kind(entry.path), _fingerprint(entry), 0, 0, 0, exam=entry.exam, broken=_reason(entry)
        )
        return store.add_media(item, path=entry.path).id
    item = MediaItem(
        entry_id(entry),
        "",
        info.kind,
        info.fingerprint,
        info.height,
        info.width,
        info.frame_count,
        info.frame_rate,
        entry.exam,
    )
    return store.add_media(item, path=entry.path, orientation=info.orientation).id


def keep_imported_mask(store: ProjectStore, identity: FrameIdentity, label_map: LabelMap) -> bool:
    """Keep a mask that came along as an imported revision; False where this reader has worked on the frame already.

    It counts as decided: whoever made the data set decided it. Painting on it opens the decision again.
    """
    if store.is_worked_on(identity.ref):
        return False
    draft = store.load_draft(identity.ref, identity=identity)
    draft.label_map[:] = label_map
    presence = Presence.POLYP if has_polyp(label_map) else Presence.NO_POLYP
    draft.values |= {
        "origin": Origin.IMPORTED,
        "presence": presence,
        "decision": Decision.ACCEPTED,
        "decided_by": DecidedBy.BULK,
        "reason": "imported",
    }
    store.write_revision(draft, identity=identity)
    return True


def _fingerprint(entry: NewEntry) -> str:
    if entry.info is not None:
        return entry.info.fingerprint
    place = hashlib.blake2b(str(entry.path.absolute()).encode(), digest_size=16).hexdigest()
    return f"broken1:{place}"


def _kind(path: Path) -> MediaKind:
    return "video" if path.suffix.lower() in VIDEO_SUFFIXES else "image"


def _reason(entry: NewEntry) -> str:
    """Why a file cannot be read, without its name: that may identify a patient, and this is stored."""
    problem = entry.problem
    if problem is None:
        return ""
    return type(problem)(problem.code, **{**problem.fields, "name": "The file"}).happened


# --- models ---


def register(store: ProjectStore, bundle: ModelBundle) -> None:
    """Remember a bundle in the project."""
    from polypviewer.storage.bundle_rows import BundleRow

    inside = bundle.folder.absolute().is_relative_to(store.folder)
    place = bundle.folder.absolute().relative_to(store.folder).as_posix() if inside else bundle.name
    card = bundle.card
    store.register_bundle(BundleRow(bundle.digest, card.name, card.version, card.parent, place))


def activate(store: ProjectStore, bundle: ModelBundle) -> None:
    """Use a bundle from now on; an event says who and when."""
    register(store, bundle)
    store.activate_bundle(bundle.digest)
