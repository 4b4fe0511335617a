"""The reader's eyes: zoom, layers, opacity. The window's actions under the heading "See" that need no session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Signal

from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas_stage import CanvasStage
from polypviewer.ui.view_options import SWITCHES, Switch, ViewOptions

OPACITY_STEP: Final = 0.06
ZOOM_STEP: Final = 1.25
PAN_STEP: Final = 0.2
"""Share of the canvas that one key press moves the picture by."""
PANS: Final = {
    "pan_left": (PAN_STEP, 0.0),
    "pan_right": (-PAN_STEP, 0.0),
    "pan_up": (0.0, PAN_STEP),
    "pan_down": (0.0, -PAN_STEP),
}


class Seeing(QObject):
    """Holds the one `ViewOptions` of a window."""

    options_changed = Signal(object)  # ViewOptions

    def __init__(self, stage: CanvasStage, actions: ActionSet) -> None:
        super().__init__(stage)
        self._stage, self._canvas, self._actions = stage, stage.canvas, actions
        stage.options.fill_wished.connect(self._fill_wished)
        stage.options.outline_wished.connect(self._outline_wished)
        self._show()

    @property
    def options(self) -> ViewOptions:
        """What is seen."""
        return self._canvas.options

    def use(self, options: ViewOptions) -> None:
        """See this from now on."""
        if options != self.options:
            self._canvas.set_options(options)
            self._show()
            self.options_changed.emit(options)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that the eyes do themselves."""
        table: dict[str, Callable[[], None]] = {
            "fit": self._canvas.glide_to_fit,
            "one_to_one": self._one_to_one,
            "zoom_in": partial(self._zoom, ZOOM_STEP),
            "zoom_out": partial(self._zoom, 1 / ZOOM_STEP),
            "hide": self._hide,
            "outline": partial(self._switch, "outlined"),
            "fainter": partial(self._fade, -OPACITY_STEP),
            "stronger": partial(self._fade, OPACITY_STEP),
            "view_panel": self._toggle_panel,
        }
        for name, (across, down) in PANS.items():
            table[name] = partial(self._canvas.pan_by, across, down)
        for switch in SWITCHES:
            table[switch] = partial(self._switch, switch)
        return table

    def _show(self) -> None:
        options = self.options
        self._stage.options.show_style(options.style)
        self._actions["outline"].setChecked(options.outlined)
        for switch in SWITCHES:
            self._actions[switch].setChecked(getattr(options, switch))

    def _switch(self, name: Switch) -> None:
        self.use(self.options.switched(name))

    def _fade(self, step: float) -> None:
        self.use(self.options.filled(self.options.fill + step))

    def _fill_wished(self, fill: float) -> None:
        self.use(self.options.filled(fill))

    def _outline_wished(self, outlined: bool) -> None:  # noqa: FBT001 - slot
        if outlined != self.options.outlined:
            self._switch("outlined")

    def _hide(self) -> None:
        self._canvas.set_hidden(self._actions["hide"].isChecked())

    def _zoom(self, factor: float) -> None:
        self._canvas.glide_by(factor, at=self._canvas.mouse_position)

    def _one_to_one(self) -> None:
        self._canvas.glide_to(self._canvas.lying_one_to_one())

    def _toggle_panel(self) -> None:
        opens = self._actions["view_panel"].isChecked()
        self._stage.view_panel.setVisible(opens)
        self._stage.place()
        if not opens:
            self._stage.take_focus()
