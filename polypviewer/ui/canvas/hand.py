"""What the hand holds: the size of the tip, the lesion that it paints, and the options of the tools."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, Signal

SMALLEST_RADIUS: Final = 0.5
LARGEST_RADIUS: Final = 400.0
LARGEST_TOLERANCE: Final = 100.0
STEP: Final = 1.15
REACH_PX: Final = 10.0
"""A click hits a point that lies within so many logical pixels."""


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """What stands in the options bar beside the size.

    `edge`: how strictly an edge-aware brush keeps to edges, 0-1. `tolerance`: how far a colour may lie from the
    clicked one, 0-100, in units of CIE Lab. `contiguous`: only what hangs together with the click. `all_lesions`:
    shape every lesion, not only the one that is painted.
    """

    square: bool = False
    edge_aware: bool = False
    edge: float = 0.5
    pen_pressure: bool = True
    tolerance: float = 8.0
    contiguous: bool = True
    all_lesions: bool = False


class Hand(QObject):
    """One hand for all tools. Setters do not emit; `change_*` do."""

    radius_changed = Signal(float)
    slot_changed = Signal(int)
    options_changed = Signal(object)  # ToolOptions

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.radius = 17.0
        self.slot = 1
        self.options = ToolOptions()
        self.scale = 1.0

    @property
    def reach(self) -> float:
        """How near a click must come to a point to hit it, in image pixels at the zoom that is on."""
        return REACH_PX / self.scale

    def change_radius(self, radius: float) -> None:
        """Another radius, in image pixels."""
        self.radius = min(max(radius, SMALLEST_RADIUS), LARGEST_RADIUS)
        self.radius_changed.emit(self.radius)

    def step_radius(self, steps: float) -> None:
        """Larger (positive) or smaller by steps of 15 %, at least half a pixel each."""
        wanted = self.radius * STEP**steps
        if abs(wanted - self.radius) < 0.5:
            wanted = self.radius + (0.5 if steps > 0 else -0.5)
        self.change_radius(wanted)

    def change_slot(self, slot: int) -> None:
        """Paint another lesion slot (1-254)."""
        self.slot = slot
        self.slot_changed.emit(slot)

    def change_options(self, options: ToolOptions) -> None:
        """Other options."""
        self.options = options
        self.options_changed.emit(options)

    def change_tolerance(self, tolerance: float) -> None:
        """Another tolerance, brought into its range."""
        within = min(max(tolerance, 0.0), LARGEST_TOLERANCE)
        self.change_options(replace(self.options, tolerance=within))

    def change_edge(self, edge: float) -> None:
        """Another strictness of the edge-aware brush, 0-1."""
        self.change_options(replace(self.options, edge=min(max(edge, 0.0), 1.0)))

    def toggle(self, name: str) -> None:
        """Turn a yes or no of the options round."""
        self.change_options(replace(self.options, **{name: not getattr(self.options, name)}))
