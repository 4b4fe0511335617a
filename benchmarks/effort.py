"""What a correct mask costs a hand, with each tool, from nothing and from the model's proposal.

A robot reader brings real frames to IoU .95 against their truth. Its hand shakes by a screen pixel, its time is the
keystroke-level model's. After a smart tool it finishes with brush and eraser, as people do. The frames are the research
sequences in ../shared, which no shipped weights were trained on; where they are absent every figure is null.

Peers are the same robot in the same run: for the proposal, drawing from nothing; for a tool, the brush.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

import resources
from benchmarks.report import ROOT, Figure, median, note, print_report
from benchmarks.robot.hand import Sitting, largest_part, mend
from benchmarks.robot.keystrokes import click, drag, key, thought
from polypviewer.core.geometry import Point, Rect
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import Mask
from polypviewer.core.proposal import Proposal, proposal_mask
from polypviewer.core.region import Region, frame_mask
from polypviewer.core.regions.grabcut import grabcut_region
from polypviewer.core.regions.livewire import LiveWire
from polypviewer.core.regions.polygon import polygon_region
from polypviewer.core.regions.seeds import grow_from_seeds
from polypviewer.core.regions.wand import colour_distance, wand_from_distance
from polypviewer.media.image import read_image
from polypviewer.segmentation import OnnxSegmenter, Request, choose_bundle
from polypviewer.session.models import STANDARD

DATA: Final = ROOT.parent / "shared" / "data" / "cvc-clinicdb-sequences"
TOLERANCES: Final = tuple(range(4, 44, 4))
SEED: Final = 7
Frame = tuple[NDArray[np.uint8], Mask]
LARGE: Final = 0.25
"""Lasso and polygon are taken for parts of at least this share of the lesion; a rim is quicker with the brush."""
WORTH_TAKING: Final = 0.6
"""IoU below which a proposal is left alone."""
HALF: Final = 2.0
"""The proposal must at least halve the effort."""


def by_hand(sitting: Sitting, *, tool: str) -> None:
    """Brush and eraser, with the edge-aware brush or the nudge as well."""
    mend(sitting, tool=tool)


def by_lasso(sitting: Sitting) -> None:
    """Draw around what is missing or superfluous while it is a large part of the lesion; then the brush."""
    for _ in range(20):
        part, adds = worst_part(sitting)
        if sitting.is_good or part.sum() < LARGE * sitting.truth.sum():
            break
        path = _seam(sitting, part) if adds else _outline(part, simplified_to=0.0)
        drawn = _polygon(sitting, sitting.shaken(path))
        sitting.keep(
            sitting.mask | drawn if adds else sitting.mask & ~drawn, thought().plus(drag(path, zoom=sitting.zoom))
        )
    mend(sitting)


def by_polygon(sitting: Sitting) -> None:
    """Click corners around what is wrong, as few as do it, while it is a large part of the lesion; then the brush."""
    for _ in range(20):
        part, adds = worst_part(sitting)
        if sitting.is_good or part.sum() < LARGE * sitting.truth.sum():
            break
        corners, drawn = _fewest_corners(sitting, part)
        effort = thought()
        for _corner in corners:
            effort = effort.plus(click())
        sitting.keep(sitting.mask | drawn if adds else sitting.mask & ~drawn, effort.plus(key()))
    mend(sitting)


def _fewest_corners(sitting: Sitting, part: Mask) -> tuple[list[Point], Mask]:
    corners: list[Point] = []
    drawn = np.zeros_like(part)
    for pixels in (8.0, 4.0, 2.0, 1.0, 0.5):
        corners = _outline(part, simplified_to=pixels)
        drawn = _polygon(sitting, sitting.shaken(corners))
        if (drawn & part).sum() >= 0.95 * (drawn | part).sum():
            break
    return corners, drawn


def by_wand(sitting: Sitting) -> None:
    """Press in the middle of what is missing, drag to the best tolerance; then the brush."""
    for _ in range(3):
        missing = largest_part(sitting.truth & ~sitting.mask)
        if sitting.is_good or not missing.any():
            break
        at = _middle(missing)
        distance = colour_distance(sitting.scene, at)
        tries = [_frame(sitting, wand_from_distance(distance, at, tolerance)) for tolerance in TOLERANCES]
        best = min((sitting.mask | found for found in tries), key=partial(_wrong, sitting))
        if _wrong(sitting, best) >= _wrong(sitting, sitting.mask):
            break
        sideways = [at, Point(at.x + 60 / sitting.zoom, at.y)]
        sitting.keep(best, thought().plus(drag(sideways, zoom=sitting.zoom)))
    mend(sitting)


def by_livewire(sitting: Sitting) -> None:
    """Anchors along the border, as few as do it; then the brush. Only from nothing: it draws a whole lesion."""
    border = _outline(sitting.truth, simplified_to=0.0)
    best, effort = sitting.mask, thought()
    wire = LiveWire(sitting.image)
    for count in (4, 6, 9, 14):
        anchors = sitting.shaken([border[len(border) * place // count] for place in range(count)])
        traced: list[Point] = []
        for a, b in zip(anchors, [*anchors[1:], anchors[0]], strict=True):
            traced += [Point(float(x), float(y)) for x, y in wire.anchored(a).path_to(b)]
        drawn = _polygon(sitting, traced)
        if _wrong(sitting, drawn) < _wrong(sitting, best):
            best, effort = drawn, thought()
            for _anchor in range(count + 1):
                effort = effort.plus(click())
        if (drawn & sitting.truth).sum() >= 0.95 * (drawn | sitting.truth).sum():
            break
    if best is not sitting.mask:
        sitting.keep(best, effort)
    mend(sitting)


def by_box(sitting: Sitting) -> None:
    """A box around the lesion, GrabCut, Enter; then the brush. Only from nothing."""
    rect = Rect(*(int(side) for side in cv2.boundingRect(sitting.truth.astype(np.uint8)))).grown(3)
    box = rect.clipped(*sitting.truth.shape)
    found = _frame(sitting, grabcut_region(sitting.scene, box))
    if _wrong(sitting, found) < _wrong(sitting, sitting.mask):
        corners = [Point(box.x, box.y), Point(box.right, box.bottom)]
        sitting.keep(found, thought().plus(drag(corners, zoom=sitting.zoom)).plus(key()))
    mend(sitting)


def by_clicks(sitting: Sitting) -> None:
    """Clicks at the middle of the largest error, left on the lesion, right on the background; Enter; then the brush."""
    seeds = np.zeros(sitting.truth.shape, np.uint8)
    grown, effort = np.zeros_like(sitting.truth), thought()
    start = sitting.mask
    for _ in range(6):
        missing, extra = sitting.truth & ~grown, grown & ~sitting.truth
        adds = missing.sum() >= extra.sum()
        at = sitting.shaken([_middle(largest_part(missing if adds else extra))])[0]
        cv2.circle(seeds, (int(at.x), int(at.y)), 3, 1 if adds else 2, -1)
        effort = effort.plus(click())
        grown = _frame(sitting, grow_from_seeds(sitting.scene, seeds))
        if _wrong(sitting, grown) < 0.05 * sitting.truth.sum():
            break
    if _wrong(sitting, grown) < _wrong(sitting, start):
        sitting.keep(grown, effort.plus(key()))
    mend(sitting)


TOOLS: Final[dict[str, Callable[[Sitting], None]]] = {
    "brush": partial(by_hand, tool="brush"),
    "edge_brush": partial(by_hand, tool="edge"),
    "nudge": partial(by_hand, tool="nudge"),
    "keys": partial(by_hand, tool="keys"),
    "brush_nudge_keys": partial(by_hand, tool="all"),
    "lasso": by_lasso,
    "polygon": by_polygon,
    "wand": by_wand,
    "livewire": by_livewire,
    "box": by_box,
    "clicks": by_clicks,
}
WHOLE_LESION: Final = frozenset({"livewire", "box", "clicks"})
"""Tools that draw a lesion anew; from a proposal there is nothing for them to do that the brush would not."""


def worst_part(sitting: Sitting) -> tuple[Mask, bool]:
    """The largest wrong part, and whether it is missing (True) or superfluous."""
    missing = largest_part(sitting.truth & ~sitting.mask)
    extra = largest_part(sitting.mask & ~sitting.truth)
    return (missing, True) if missing.sum() >= extra.sum() else (extra, False)


def _seam(sitting: Sitting, part: Mask) -> list[Point]:
    """Only where a missing part meets the lesion's own border must the hand be exact; the lasso closes inside."""
    outline = _outline(part, simplified_to=0.0)
    inside = cv2.distanceTransform(np.pad(sitting.truth.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    height, width = inside.shape
    outer = [inside[min(int(p.y), height - 1), min(int(p.x), width - 1)] <= 2 for p in outline]
    if all(outer) or not any(outer):
        return outline
    start = next(place for place in range(len(outer)) if outer[place] and not outer[place - 1])
    turned = outline[start:] + outline[:start]
    kept = outer[start:] + outer[:start]
    return [point for point, is_outer in zip(turned, kept, strict=True) if is_outer]


def _middle(mask: Mask) -> Point:
    inside = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return Point(float(column) + 0.5, float(row) + 0.5)


def _outline(mask: Mask, *, simplified_to: float) -> list[Point]:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=len)
    if simplified_to:
        contour = cv2.approxPolyDP(contour, simplified_to, closed=True)
    middle = contour.reshape(-1, 2).mean(axis=0)
    return [_outer(x, y, middle) for x, y in contour.reshape(-1, 2).tolist()]


def _outer(x: float, y: float, middle: NDArray[np.float64]) -> Point:
    """OpenCV's contour runs through the centres of border pixels; a hand draws along their outer edge."""
    return Point(x + 0.5 + 0.5 * np.sign(x - middle[0]), y + 0.5 + 0.5 * np.sign(y - middle[1]))


def _polygon(sitting: Sitting, points: list[Point]) -> Mask:
    height, width = sitting.truth.shape
    return _frame(sitting, polygon_region(points, height=height, width=width))


def _frame(sitting: Sitting, region: Region) -> Mask:
    height, width = sitting.truth.shape
    return frame_mask(region, height=height, width=width)


def _wrong(sitting: Sitting, mask: Mask) -> int:
    return int((mask ^ sitting.truth).sum())


def frames(step: int) -> list[Frame]:
    """Every `step`-th frame with a polyp and its truth; none where the data are absent."""
    found = []
    for path in sorted((DATA / "images").glob("*.png"), key=_number)[::step]:
        truth: Mask = read_image(DATA / "masks" / path.name)[:, :, 0] > 127
        if truth.any():
            found.append((read_image(path), truth))
    return found


def _number(path: Path) -> int:
    return int(path.stem)


def sittings(found: Sequence[Frame], starts: Sequence[Proposal | None], tool: str) -> list[Sitting]:
    """The robot's work on every frame with one tool, from these proposals, or from nothing."""
    done = []
    for place, ((image, truth), start) in enumerate(zip(found, starts, strict=True)):
        sitting = Sitting(image, truth, np.zeros_like(truth), np.random.default_rng((SEED, place)))
        if start is not None:
            _take_or_leave(sitting, start)
        TOOLS[tool](sitting)
        done.append(sitting)
    return done


def _take_or_leave(sitting: Sitting, proposal: Proposal) -> None:
    """A reader sees at a glance when a proposal is not worth correcting, and draws."""
    sitting.effort = thought()
    mask = proposal_mask(proposal)
    union = int((mask | sitting.truth).sum())
    if int((mask & sitting.truth).sum()) >= WORTH_TAKING * union:
        sitting.proposal, sitting.mask, sitting.effort = proposal, mask, thought().plus(key())


def proposals(found: Sequence[Frame], model: str) -> list[Proposal]:
    """What a model that comes along proposes."""
    segmenter = OnnxSegmenter(choose_bundle(model, resources.path("models")), device="cpu")
    nowhere = FrameRef(UUID(int=0), 0)
    made = [segmenter.propose(Request(image, nowhere)) for image, _ in found]
    segmenter.close()
    return made


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--model", default=STANDARD["cpu"], help="name or folder of the bundle that proposes")
    options = parser.parse_args()
    found = frames(21 if options.quick else 2)
    print_report("effort", _figures(found, options.model) if found else _absent())


def _absent() -> dict[str, Figure]:
    why = "../shared/data/cvc-clinicdb-sequences is not here"
    return {f"{tool}_from_nothing_s": Figure(ours=None, better="lower", why=why) for tool in TOOLS}


def _figures(found: Sequence[Frame], model: str) -> dict[str, Figure]:
    starts: dict[str, Sequence[Proposal | None]] = {"nothing": [None] * len(found), "proposal": proposals(found, model)}
    done = {
        (tool, start): sittings(found, begun, tool)
        for tool in TOOLS
        for start, begun in starts.items()
        if start == "nothing" or tool not in WHOLE_LESION
    }
    for start in starts:
        done["best", start] = _best([rows for (_, begun), rows in done.items() if begun == start])
    figures = {f"{tool}_from_{start}_s": _seconds(done, tool, start) for tool, start in done}
    for tool in (*TOOLS, "best"):
        if tool not in WHOLE_LESION:
            nothing, proposal = _total(done[tool, "nothing"]), _total(done[tool, "proposal"])
            figures[f"{tool}_proposal_saves"] = Figure(ours=nothing / proposal, better="higher", bar=HALF)
    return figures


def _best(rows: list[list[Sitting]]) -> list[Sitting]:
    """For each frame the quickest way that got there: somebody who knows the tools picks the one that suits."""
    return [min(way, key=_cost) for way in zip(*rows, strict=True)]


def _cost(sitting: Sitting) -> tuple[bool, float]:
    return not sitting.is_good, sitting.effort.seconds


def _total(done: Sequence[Sitting]) -> float:
    return sum(sitting.effort.seconds for sitting in done)


def _seconds(done: dict[tuple[str, str], list[Sitting]], tool: str, start: str) -> Figure:
    seconds = median([sitting.effort.seconds for sitting in done[tool, start]])
    brush = median([sitting.effort.seconds for sitting in done["brush", start]])
    line = _line(tool, start, done[tool, start], seconds)
    note(line)
    return Figure(ours=seconds, better="lower", peer=brush, peer_name=f"brush from {start}", why=line)


def _line(tool: str, start: str, done: list[Sitting], seconds: float) -> str:
    good = sum(sitting.is_good for sitting in done)
    strokes = median([float(sitting.effort.strokes) for sitting in done])
    path = median([sitting.effort.path_cm for sitting in done])
    return (
        f"{tool} from {start}: {seconds:.1f} s, {strokes:.0f} strokes, {path:.0f} cm; "
        f"IoU .95 in {good} of {len(done)} frames"
    )


if __name__ == "__main__":
    main()
