"""What is seen: the one value that says which layers are on and how masks are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from polypviewer.ui.canvas.overlay import DEFAULT_FILL, OverlayStyle

Switch = Literal["outlined", "heat", "provenance", "difference", "crosshair", "grid", "mini_map", "field", "cover"]


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """`fill`: opacity of masks, 0-1; `outlined`: lines only. The rest: whether that layer is on.

    `provenance` and `difference` stand in for the masks, one of them at a time: they show the same pixels by where
    they come from, or beside the proposal.
    """

    fill: float = DEFAULT_FILL
    outlined: bool = False
    heat: bool = False
    provenance: bool = False
    difference: bool = False
    crosshair: bool = False
    grid: bool = True
    mini_map: bool = True
    field: bool = True
    cover: bool = False

    @property
    def style(self) -> OverlayStyle:
        """How masks are drawn."""
        return OverlayStyle(self.fill, outlined=self.outlined)

    def filled(self, fill: float) -> ViewOptions:
        """Another opacity of masks, held within 0-1."""
        return replace(self, fill=min(max(fill, 0.0), 1.0))

    def switched(self, name: Switch) -> ViewOptions:
        """One layer on or off."""
        changed = {name: not getattr(self, name)}
        if name in _ONE_OF:
            changed = dict.fromkeys(_ONE_OF, False) | changed
        return replace(self, **changed)


FILL: Final = "overlay_opacity"
KEPT: Final[Mapping[str, str]] = {
    "outlined": "overlay_outline",
    "crosshair": "show_crosshair",
    "grid": "show_grid",
    "mini_map": "show_mini_map",
    "field": "show_field",
}
"""The options that a reader finds again, by their setting, besides the opacity. The others begin off."""
_ONE_OF: Final[tuple[Switch, ...]] = ("provenance", "difference")
SWITCHES: Final[tuple[Switch, ...]] = (
    "heat",
    "provenance",
    "difference",
    "crosshair",
    "grid",
    "mini_map",
    "field",
    "cover",
)
"""The layers that an action of the same name switches, besides the outline."""
