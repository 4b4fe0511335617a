"""Eyes and session: enhanced pixels, the pixel under the cursor, the size of a lesion, the scale."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QTimer

from polypviewer.core.enhance import Enhancement
from polypviewer.core.geometry import Point
from polypviewer.core.label_map import lesion_mask
from polypviewer.core.region import Scene
from polypviewer.core.scale import LesionSize, lesion_size
from polypviewer.session.session import Session
from polypviewer.ui.enhance_form import EnhanceForm
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.scale_dialog import ScaleDialog
from polypviewer.ui.text import count_text, translate

REST_MS: Final = 120
POSITION_MS: Final = 40
USUAL_LENGTH: Final = 100.0
"""Pixels that the scale dialog begins with where no lesion is painted."""


class ViewWiring(QObject):
    """Lives as long as the window."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session, self._canvas = window, session, window.canvas
        self._form = EnhanceForm(window.actions_)
        window.stage.view_panel.add(self._form)
        self._at: Point | None = None
        self._told: tuple[Enhancement, bool] | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._show_size)
        self._position = QTimer(self, singleShot=True, interval=POSITION_MS)
        self._position.timeout.connect(self._show_position)
        self._form.enhancement_wished.connect(session.set_enhancement)
        self._canvas.cursor_moved.connect(self._cursor_moved)
        self._canvas.view_changed.connect(self._view_changed)
        self._canvas.hand.slot_changed.connect(self._rest_a_while)
        session.display_changed.connect(self._display_changed)
        session.frame_changed.connect(self._frame_changed)
        session.draft_changed.connect(self._rest_a_while)
        session.pixels_changed.connect(self._rest_a_while)
        session.scale_changed.connect(self._show_size)
        session.project_closed.connect(self._show_size)
        self._show_enhanced()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """The actions that this wiring does."""
        return {"enhance": self._toggle_enhanced, "set_scale": self._ask_scale}

    # --- the picture --------------------------------------------------------------------------------------------

    def _display_changed(self) -> None:
        pixels = self._session.displayed
        if pixels is not None:
            self._canvas.show_pixels(pixels)
        self._show_enhanced()

    def _frame_changed(self, _ref: object) -> None:
        """The size is another lesion's: it goes at once, and comes when the hand rests."""
        self._at = None
        if self._told != (self._session.enhancement, self._session.is_enhanced):
            self._show_enhanced()
        self._window.status.measure.setText("")
        self._rest.start()

    def _toggle_enhanced(self) -> None:
        """Off and on; with nothing chosen yet, the panel opens so that something can be chosen."""
        wanted = not self._session.is_enhanced
        if wanted and self._session.enhancement.is_identity:
            if not self._window.actions_["view_panel"].isChecked():
                self._window.actions_["view_panel"].trigger()
        else:
            self._session.show_enhanced(on=wanted)
        self._show_enhanced()

    def _show_enhanced(self) -> None:
        on = self._session.is_enhanced
        self._told = (self._session.enhancement, on)
        self._window.actions_["enhance"].setChecked(on)
        self._form.show_enhancement(self._session.enhancement)
        self._window.stage.view_bar.show_enhanced(on=on)
        self._window.stage.place_soon()

    # --- the status bar -----------------------------------------------------------------------------------------

    def _cursor_moved(self, point: Point | None) -> None:
        """Where the cursor is; the text follows a moment later, so that a stroke does not wait for words."""
        self._at = point
        if not self._position.isActive():
            self._position.start()

    def _view_changed(self, _zoom: float) -> None:
        if not self._position.isActive():
            self._position.start()

    def _show_position(self) -> None:
        parts = [] if self._at is None else self._pixel_texts(self._at)
        if self._canvas.has_frame:
            parts.append(translate("{zoom:.0f} %", zoom=100 * self._canvas.zoom))
        self._window.status.position.setText(" · ".join(parts))

    def _pixel_texts(self, point: Point) -> list[str]:
        """Where, and the frame's own colour there: never that of an enhanced view."""
        image, x, y = self._session.image, int(point.x // 1), int(point.y // 1)
        texts = [translate("x {x} y {y}", x=x, y=y)]
        if image is not None and 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
            red, green, blue = (int(value) for value in image[y, x])
            texts.append(translate("R {red} G {green} B {blue}", red=red, green=green, blue=blue))
        return texts

    def _rest_a_while(self, _what: object) -> None:
        self._rest.start()

    def _show_size(self) -> None:
        slot = self._canvas.hand.slot
        if self._session.draft is None:
            self._window.status.measure.setText("")
        else:
            self._session.ask(partial(_size, slot), partial(self._size_came, slot), key="size")

    def _size_came(self, slot: int, size: LesionSize | None) -> None:
        self._window.status.measure.setText("" if size is None else size_text(slot, size, self._session.scale))

    # --- the scale ----------------------------------------------------------------------------------------------

    def _ask_scale(self) -> None:
        size = self._session.lesion_size(self._canvas.hand.slot)
        pixels = USUAL_LENGTH if size is None else size.diameter
        dialog = ScaleDialog(pixels=pixels, mm_per_pixel=self._session.scale, parent=self._window)
        dialog.accepted.connect(partial(self._scale_said, dialog))
        dialog.open()

    def _scale_said(self, dialog: ScaleDialog) -> None:
        self._session.set_scale(dialog.mm_per_pixel)


def _size(slot: int, scene: Scene) -> LesionSize | None:
    return lesion_size(lesion_mask(scene.labels, slot))


def size_text(slot: int, size: LesionSize, mm_per_pixel: float | None) -> str:
    """A lesion's size in the status bar: pixels, and millimetres where the scale is known."""
    text = translate(
        "lesion {slot}: {area} px, {length:.0f} px across",
        slot=slot,
        area=count_text(size.area),
        length=size.diameter,
    )
    if mm_per_pixel is None:
        return text
    known = translate("{length:.2g} mm at the known scale", length=size.at_scale(mm_per_pixel).diameter)
    return f"{text} · {known}"
