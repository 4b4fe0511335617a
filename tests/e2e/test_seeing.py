"""What is seen in the real window: layers, comparison, enhancement, sizes. None of it touches what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel

from polypviewer.core.proposal import frame_probability
from polypviewer.core.provenance import ADDED, KEPT, REMOVED
from polypviewer.core.review import ReviewStatus
from polypviewer.session.settings import Settings
from polypviewer.ui.scale_dialog import ScaleDialog
from tests.e2e.frames import SmallFrames, look, make_small_project, small_frames
from tests.e2e.hand import PLAIN, Hand
from tests.mouse import glide

Key = Qt.Key
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> SmallFrames:
    return small_frames(tmp_path_factory.mktemp("frames"))


@pytest.fixture
def hand(qapp: object, tmp_path: Path, frames: SmallFrames) -> Iterator[Hand]:
    made = Hand()
    made.open(make_small_project(tmp_path, frames))
    made.until_proposed()
    yield made
    made.close()


def texts(hand: Hand) -> set[str]:
    """What the legend says."""
    return {label.text() for label in hand.window.stage.legend.findChildren(QLabel) if label.isVisible()}


def correct_the_proposal(hand: Hand) -> None:
    """Take it, add a stroke beside it and rub a part of it out."""
    hand.key(Key.Key_M)
    hand.until(lambda: hand.session.draft is not None and bool(hand.session.draft.label_map.any()), what="the mask")
    assert hand.session.draft is not None
    rows, columns = np.nonzero(hand.session.draft.label_map)
    height, width = hand.session.draft.label_map.shape
    left, right, middle = columns.min() / width, columns.max() / width, rows.mean() / height
    hand.canvas.hand.change_radius(6.0)
    hand.key(Key.Key_B)
    hand.drag([(right + 0.03, middle), (right + 0.08, middle)])
    hand.key(Key.Key_E)
    hand.drag([(left, middle), (left + 0.06, middle)])
    hand.key(Key.Key_Space)


def test_provenance_tells_kept_from_added_and_removed(hand: Hand) -> None:
    correct_the_proposal(hand)
    hand.key(Key.Key_P, SHIFT)
    hand.until(lambda: hand.wiring.layers.codes is not None, what="the provenance")
    codes, draft = hand.wiring.layers.codes, hand.session.draft
    assert codes is not None
    assert draft is not None
    assert all((codes == code).sum() > 20 for code in (KEPT, ADDED, REMOVED))
    assert np.array_equal((codes == KEPT) | (codes == ADDED), draft.label_map > 0)
    hand.until(lambda: "Removed by hand" in texts(hand), what="the legend")
    look(hand, "provenance")


def test_provenance_follows_the_brush_and_undo(hand: Hand) -> None:
    correct_the_proposal(hand)
    hand.key(Key.Key_P, SHIFT)
    hand.until(lambda: hand.wiring.layers.codes is not None, what="the provenance")
    assert hand.wiring.layers.codes is not None
    before = hand.wiring.layers.codes.copy()
    hand.key(Key.Key_B)
    hand.drag([(0.85, 0.8), (0.9, 0.85)])
    assert (hand.wiring.layers.codes == ADDED).sum() > (before == ADDED).sum()
    hand.key(Key.Key_Z, CONTROL)
    hand.until(
        lambda: hand.wiring.layers.codes is not None and np.array_equal(hand.wiring.layers.codes, before),
        what="the codes before the stroke",
    )


def test_the_difference_says_its_dice(hand: Hand) -> None:
    correct_the_proposal(hand)
    hand.key(Key.Key_D, SHIFT)
    hand.until(lambda: "Only in the proposal" in texts(hand), what="the legend")
    difference = hand.session.difference()
    assert difference is not None
    assert 0.3 < difference.dice < 0.999
    hand.until(lambda: f"{difference.dice:.2f}" in texts(hand), what="Dice in the legend")
    hand.key(Key.Key_P, SHIFT)
    assert not hand.window.seeing.options.difference


def test_the_heat_map_follows_the_threshold_and_leaves_the_draft_alone(hand: Hand) -> None:
    shown, draft = hand.session.proposal, hand.session.draft
    assert shown is not None
    assert draft is not None
    assert frame_probability(shown.proposal).any()
    plain = hand.canvas.grab().toImage()
    hand.key(Key.Key_H, SHIFT)
    hand.until(lambda: not hand.canvas._heat.is_empty, what="the heat map")
    assert hand.canvas.grab().toImage() != plain
    look(hand, "heat")
    hand.session.set_threshold(0.9)
    hand.until(lambda: hand.canvas._heat.threshold == pytest.approx(0.9), what="the threshold")
    assert not draft.label_map.any()
    hand.key(Key.Key_H, SHIFT)
    assert hand.canvas._heat.is_empty
    assert hand.window.stage.legend.isHidden()


def test_side_by_side_moves_together_and_shows_an_earlier_revision(hand: Hand) -> None:
    correct_the_proposal(hand)
    hand.key(Key.Key_Return, SHIFT)
    hand.until_kept()
    assert hand.session.draft is not None
    kept = hand.session.draft.label_map.copy()
    hand.key(Key.Key_E)
    hand.drag([(0.1, 0.5), (0.9, 0.5)])
    hand.key(Key.Key_V)
    other = hand.window.stage.compare
    choice = other.findChild(QComboBox)
    assert choice is not None
    hand.until(lambda: other.isVisible() and choice.count() >= 3, what="the revisions")
    assert "AB" in choice.itemText(2)
    choice.setCurrentIndex(2)
    choice.activated.emit(2)
    hand.until(lambda: np.array_equal(other.canvas._overlay._labels, kept), what="the revision")
    assert not np.array_equal(hand.session.draft.label_map, kept)
    zoom_with_the_wheel(hand, 3)
    assert other.canvas.view == hand.canvas.view
    QTest.mousePress(other.canvas, Qt.MouseButton.MiddleButton, PLAIN, QPoint(200, 200))
    glide(other.canvas, QPoint(230, 220))
    QTest.mouseRelease(other.canvas, Qt.MouseButton.MiddleButton, PLAIN, QPoint(230, 220))
    assert other.canvas.view == hand.canvas.view
    hand.key(Key.Key_V)
    assert other.isHidden()
    assert hand.canvas.width() == hand.window.stage.width()


def test_the_right_half_cannot_be_painted(hand: Hand) -> None:
    hand.key(Key.Key_V)
    hand.key(Key.Key_B)
    right = hand.window.stage.compare.canvas
    hand.until(right.isVisible, what="the right half")
    QTest.mousePress(right, Qt.MouseButton.LeftButton, PLAIN, QPoint(200, 200))
    glide(right, QPoint(240, 220))
    QTest.mouseRelease(right, Qt.MouseButton.LeftButton, PLAIN, QPoint(240, 220))
    assert hand.session.draft is not None
    assert not hand.session.draft.label_map.any()
    assert hand.session.history.last_done is None


def test_an_enhanced_view_says_so_and_changes_nothing_but_what_is_shown(hand: Hand) -> None:
    assert hand.session.image is not None
    pixels = hand.session.image.copy()
    hand.key(Key.Key_V, SHIFT)
    panel, bar = hand.window.stage.view_panel, hand.window.stage.view_bar
    hand.until(panel.isVisible, what="the view panel")
    modes = panel.findChild(QComboBox)
    assert modes is not None
    modes.setCurrentIndex(1)
    modes.activated.emit(1)
    hand.until(lambda: hand.session.displayed is not hand.session.image, what="the red-free picture")
    assert bar.badge.isVisible()
    shown = hand.session.displayed
    assert shown is not None
    assert np.array_equal(shown[:, :, 0], shown[:, :, 2])
    assert np.array_equal(hand.session.image, pixels)
    look(hand, "red_free")
    hand.key(Key.Key_E, SHIFT)
    hand.until(lambda: hand.session.displayed is hand.session.image, what="the frame's own pixels")
    assert not bar.badge.isVisible()
    hand.key(Key.Key_E, SHIFT)
    hand.until(bar.badge.isVisible, what="the badge")


def test_with_nothing_to_enhance_the_key_opens_the_panel(hand: Hand) -> None:
    hand.key(Key.Key_E, SHIFT)
    assert hand.window.stage.view_panel.isVisible()
    assert not hand.window.stage.view_bar.badge.isVisible()


def test_the_status_bar_says_the_frames_own_colour_under_the_cursor(hand: Hand) -> None:
    assert hand.session.image is not None
    image, target = hand.session.image, hand.at(0.4, 0.6)
    point = hand.canvas.view.to_image(QPointF(target))
    red, green, blue = (int(value) for value in image[int(point.y), int(point.x)])
    wanted = f"x {int(point.x)} y {int(point.y)} · R {red} G {green} B {blue} · "

    def is_said() -> bool:
        """Move until it is: an X server may tell of its own pointer in between."""
        for place in (target + QPoint(1, 1), target):
            glide(hand.canvas, place)
        return hand.window.status.position.text().startswith(wanted)

    hand.until(is_said, what=wanted)


def test_a_lesion_is_measured_in_pixels_and_at_a_known_scale_in_millimetres(hand: Hand) -> None:
    correct_the_proposal(hand)
    hand.until(lambda: "px across" in hand.window.status.measure.text(), what="the size")
    assert "mm" not in hand.window.status.measure.text()
    hand.command("Set the scale")
    dialog = hand.dialog()
    assert isinstance(dialog, ScaleDialog)
    dialog.millimetres.setValue(dialog.pixels.value() * 0.05)
    QTest.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    hand.come_back()
    hand.until(lambda: "mm at the known scale" in hand.window.status.measure.text(), what="millimetres")
    size = hand.session.lesion_size(1)
    assert size is not None
    assert f"{size.diameter * 0.05:.2g} mm" in hand.window.status.measure.text()


def zoom_with_the_wheel(hand: Hand, steps: int) -> None:
    at = QPointF(hand.at(0.5, 0.5))
    for _ in range(abs(steps)):
        event = QWheelEvent(
            at, hand.canvas.mapToGlobal(at), QPoint(), QPoint(0, 120 if steps > 0 else -120),
            Qt.MouseButton.NoButton, PLAIN, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(hand.canvas, event)


def test_zoom_goes_from_half_of_what_fits_to_sixty_four(hand: Hand) -> None:
    fitting = hand.canvas.view.scale
    zoom_with_the_wheel(hand, -30)
    assert hand.canvas.view.scale == pytest.approx(min(fitting / 2, 1.0))
    zoom_with_the_wheel(hand, 60)
    assert hand.canvas.view.scale == 64.0
    assert hand.canvas.map.isVisible()
    hand.key(Key.Key_0, CONTROL)
    hand.until(lambda: hand.canvas.view.scale == pytest.approx(fitting), what="the whole picture")
    assert hand.canvas.map.isHidden()


def test_a_click_paints_the_pixel_under_the_cursor_at_every_zoom(hand: Hand) -> None:
    hand.key(Key.Key_B)
    hand.canvas.hand.change_radius(0.5)
    draft = hand.session.draft
    assert draft is not None
    for number in range(9):
        at = hand.canvas.rect().center() + QPoint(7 * number - 30, 5 * number - 20)
        point = hand.canvas.view.to_image(QPointF(at))
        QTest.mouseClick(hand.canvas, Qt.MouseButton.LeftButton, PLAIN, at)
        assert draft.label_map[int(point.y), int(point.x)] == 1
        hand.rest(0.15)
        inside = hand.canvas.grab().toImage().pixelColor(at)
        hand.canvas.set_hidden(True)
        assert hand.canvas.grab().toImage().pixelColor(at) != inside
        hand.canvas.set_hidden(False)
        zoom_with_the_wheel(hand, 3)


def test_what_was_seen_is_seen_again_at_the_next_start(hand: Hand) -> None:
    hand.key(Key.Key_C, SHIFT)
    hand.key(Key.Key_G, SHIFT)
    hand.window.do("larger_text")
    hand.window.use_theme("contrast")
    hand.close()
    settings = Settings()
    settings.reader = "AB"
    assert (settings.get("show_crosshair"), settings.get("show_grid")) == (True, False)
    assert (settings.get("theme"), settings.get("text_percent")) == ("contrast", 110)
    assert settings.text("window_place")


def test_full_screen_and_back(hand: Hand) -> None:
    hand.key(Key.Key_F, CONTROL | SHIFT)
    assert hand.window.isFullScreen()
    hand.key(Key.Key_F, CONTROL | SHIFT)
    assert not hand.window.isFullScreen()


def test_every_layer_can_be_switched_with_the_mouse_in_the_view_panel(hand: Hand) -> None:
    hand.key(Key.Key_V, SHIFT)
    panel = hand.window.stage.view_panel
    for box in panel.findChildren(QCheckBox)[:7]:
        before = box.isChecked()
        QTest.mouseClick(box, Qt.MouseButton.LeftButton)
        assert box.isChecked() != before, box.text()
    options = hand.window.seeing.options
    assert (options.heat, options.difference, options.provenance) == (True, True, False)


def test_deciding_goes_on_while_everything_is_on(hand: Hand) -> None:
    """Heat, provenance, comparison and enhancement follow from frame to frame."""
    for key in (Key.Key_H, Key.Key_P, Key.Key_C):
        hand.key(key, SHIFT)
    hand.key(Key.Key_V)
    first = hand.session.current
    assert first is not None
    hand.step_to(lambda: hand.key(Key.Key_R))
    hand.until_proposed()
    hand.until(lambda: hand.wiring.layers.codes is not None, what="the provenance of the next frame")
    hand.step_to(lambda: hand.key(Key.Key_Left))
    hand.until_kept()
    assert hand.session.statuses[first] is ReviewStatus.NO_POLYP
