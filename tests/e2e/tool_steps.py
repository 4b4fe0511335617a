"""The tools in a plan: each step as the session is asked for it, and as the slow reference does it on whole copies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from polypviewer.core.draft import Draft
from polypviewer.core.errors import EditError
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import LabelMap
from polypviewer.core.nib import Nib
from polypviewer.core.region import Reshape, Scene, applied, painted
from polypviewer.core.regions.clipping import Clipping, cut_clipping, pasted
from polypviewer.core.regions.lesions import clear_frame, merge_lesions, split_islands
from polypviewer.core.regions.morphology import MORPHOLOGY
from polypviewer.core.regions.polygon import polygon_region
from polypviewer.session.shaping import ShapeRequest
from polypviewer.session.strokes import NudgeStroke, Stroke

if TYPE_CHECKING:
    from polypviewer.session.session import Session
    from tests.e2e.plan import Step

SHAPES: Final = ("grow", "shrink", "smooth", "fill_holes", "remove_islands", "convex_hull")
OF_LANE: Final = (*SHAPES, "outline", "preview", "dropped", "merge", "split", "clear", "copy", "paste")
"""Kinds of steps whose pixels are worked out on a lane, or that belong to them."""
OF_HAND: Final = ("square", "nudge")


def outline(scene: Scene, *, points: tuple[Point, ...], value: int) -> Reshape:
    """A closed outline, filled."""
    return painted(scene, polygon_region(points, height=scene.height, width=scene.width), value=value)


def work_of(step: Step, points: list[Point]) -> Callable[[Scene], Reshape]:
    """What a step does to a scene."""
    if step.kind in SHAPES:
        return partial(MORPHOLOGY[step.kind], slot=step.slot)
    if step.kind == "merge":
        return partial(merge_lesions, slot=2, into=1)
    if step.kind == "split":
        return partial(split_islands, slot=1)
    if step.kind == "clear":
        return clear_frame
    return partial(outline, points=tuple(points), value=step.value)


# --- the slow way ---


def shaped(labels: LabelMap, step: Step, points: list[Point]) -> None:
    """The pixels of a tool, on a whole copy; what the tool refuses changes nothing."""
    if step.kind == "dropped":
        return
    scene = Scene(np.zeros((*labels.shape, 3), np.uint8), labels.copy())
    with suppress(EditError):
        labels[:] = applied(labels, work_of(step, points)(scene))


def pasted_on(labels: LabelMap, clipping: Clipping | None) -> None:
    """What was copied, on a whole copy."""
    if clipping is not None:
        scene = Scene(np.zeros((*labels.shape, 3), np.uint8), labels.copy())
        with suppress(EditError):
            labels[:] = applied(labels, pasted(scene, clipping))


def copied(labels: LabelMap, before: Clipping | None) -> Clipping | None:
    """What is in the hand after copying; with nothing to copy, what was there."""
    clipping = cut_clipping(labels, slot=None)
    return clipping if clipping.labels.any() else before


def drawn_by_hand(draft: Draft, step: Step, points: list[Point]) -> None:
    """A stroke with a square nib, or a nudge."""
    stroke: Stroke | NudgeStroke
    stroke = NudgeStroke(draft, slot=1, limit=None) if step.kind == "nudge" else Stroke(draft, value=step.value)
    for point in points:
        stroke.reach(point, _nib(step))


def _nib(step: Step) -> Nib:
    return Nib(step.radius, "square" if step.kind == "square" else "round")


# --- the session's way ---


def ask(session: Session, step: Step, points: list[Point], wait: Callable[[Callable[[], bool]], None]) -> None:
    """Ask a session for a step of `OF_LANE` or `OF_HAND`, and wait for what comes of it."""
    if step.kind in OF_HAND:
        began = session.begin_nudge(1) if step.kind == "nudge" else session.begin_stroke(step.value)
        for point in points if began else ():
            session.stroke_along([(point, _nib(step))])
        session.end_stroke()
        return
    if step.kind in ("preview", "dropped"):
        _previewed(session, step, points, wait)
        return
    if step.kind == "copy":
        session.copy_mask()
    elif step.kind == "paste":
        session.paste_mask()
    elif step.kind in SHAPES:
        session.reshape_lesions(step.kind, step.slot)
    elif step.kind == "merge":
        session.merge_lesions(2, into=1)
    elif step.kind == "split":
        session.split_lesion(1)
    elif step.kind == "clear":
        session.clear_frame()
    else:
        session.shape(ShapeRequest("lasso", work_of(step, points)))
    wait(lambda: not session.shaping.is_busy)


def _previewed(session: Session, step: Step, points: list[Point], wait: Callable[[Callable[[], bool]], None]) -> None:
    session.shape(ShapeRequest("lasso", work_of(step, points), at_once=False))
    wait(lambda: session.preview is not None)
    if step.kind == "preview":
        session.take_preview()
    else:
        session.drop_preview()
