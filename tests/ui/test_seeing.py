"""View options, comparison, enhancement, scale: what the widgets say and wish, without a session."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QListWidget, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from polypviewer.core.enhance import IDENTITY, RANGES, Enhancement
from polypviewer.core.geometry import Point
from polypviewer.core.identity import FrameRef
from polypviewer.core.media_item import MediaItem
from polypviewer.core.record import ExamKey
from polypviewer.core.review import Decision, Origin, Presence
from polypviewer.core.scale import LesionSize
from polypviewer.session.comparing import RevisionLine
from polypviewer.ui.action_set import ActionSet
from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.compare_view import NOTHING, PROPOSAL, CompareView, OtherMask
from polypviewer.ui.controls import FirmLabel, cap_height
from polypviewer.ui.enhance_form import NUMBERS, STEPS, EnhanceForm, _step_of, _value_of
from polypviewer.ui.legend import TEXTS, Legend
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.revision_list import RevisionList
from polypviewer.ui.slider import CanvasSlider
from polypviewer.ui.theme import active
from polypviewer.ui.view_options import SWITCHES, ViewOptions
from polypviewer.ui.window_place import place_text, put_in_place
from polypviewer.ui.wire_compare import revision_text
from polypviewer.ui.wire_frames import place_text as frame_place
from polypviewer.ui.wire_view import size_text
from tests.ui.pictures import checkered_labels, grey_frame

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def home(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    return made


def show_frame(window: MainWindow) -> None:
    window.canvas.show_frame(grey_frame(576, 720), np.zeros((576, 720), np.uint8))
    window.stage.show_empty(empty=False)
    window.stage.take_focus()


# --- options ---


def test_provenance_and_difference_are_never_on_together() -> None:
    options = ViewOptions().switched("provenance").switched("difference")
    assert (options.provenance, options.difference) == (False, True)
    options = options.switched("provenance")
    assert (options.provenance, options.difference) == (True, False)
    assert not options.switched("provenance").provenance


def test_opacity_stays_between_clear_and_opaque() -> None:
    assert ViewOptions().filled(3.0).fill == 1.0
    assert ViewOptions().filled(-1.0).fill == 0.0


@pytest.mark.parametrize("name", SWITCHES)
def test_every_layer_is_switched_by_its_action_and_back(window: MainWindow, name: str, qtbot: QtBot) -> None:
    show_frame(window)
    before = window.seeing.options
    window.actions_[name].trigger()
    assert getattr(window.seeing.options, name) != getattr(before, name)
    assert window.actions_[name].isChecked() == getattr(window.seeing.options, name)
    window.actions_[name].trigger()
    assert window.seeing.options == before


def test_keys_move_the_picture(window: MainWindow, qtbot: QtBot) -> None:
    show_frame(window)
    window.canvas.zoom_by(4.0)
    left, top = window.canvas.view.left, window.canvas.view.top
    QTest.keyClick(window.canvas, Qt.Key.Key_Right, CONTROL | SHIFT)
    QTest.keyClick(window.canvas, Qt.Key.Key_Down, CONTROL | SHIFT)
    assert window.canvas.view.left == pytest.approx(left - 0.2 * window.canvas.width())
    assert window.canvas.view.top == pytest.approx(top - 0.2 * window.canvas.height())


def test_themes_go_round(window: MainWindow) -> None:
    seen = []
    for _ in range(3):
        window.do("switch_theme")
        seen.append(active().name)
    assert seen == ["light", "contrast", "dark"]


# --- comparison ---


@pytest.fixture
def halves(home: QWidget) -> tuple[Canvas, CompareView]:
    left = Canvas()
    left.setParent(home)
    left.setGeometry(0, 0, 599, 700)
    right = CompareView(ActionSet(home), left)
    right.setParent(home)
    right.setGeometry(600, 0, 599, 700)
    left.show_frame(grey_frame(300, 400), np.zeros((300, 400), np.uint8))
    left.show()
    right.show()
    right.show_frame(grey_frame(300, 400), checkered_labels(300, 400))
    return left, right


def test_both_halves_lie_alike_whoever_moves(halves: tuple[Canvas, CompareView]) -> None:
    left, right = halves
    assert right.canvas.view == left.view
    left.zoom_by(3.0, at=QPointF(100, 100))
    assert right.canvas.view == left.view
    right.canvas.zoom_by(2.0, at=QPointF(300, 50))
    assert left.view == right.canvas.view
    right.canvas.set_view(right.canvas.view.panned(-33.5, 12.25))
    assert left.view == right.canvas.view


def test_a_hidden_comparison_moves_nothing(halves: tuple[Canvas, CompareView]) -> None:
    left, right = halves
    right.hide()
    before = left.view
    right.canvas.zoom_by(2.0)
    assert left.view == before


def test_the_list_of_a_comparison_says_what_was_chosen(halves: tuple[Canvas, CompareView], qtbot: QtBot) -> None:
    key = uuid4()
    others = (OtherMask(PROPOSAL, "The proposal"), OtherMask(NOTHING, "Nothing painted"), OtherMask(key, "earlier"))
    halves[1].show_choices(others, chosen=key)
    box = halves[1].findChild(QComboBox)
    assert box is not None
    assert box.currentText() == "earlier"
    with qtbot.waitSignal(halves[1].chosen) as chosen:
        box.activated.emit(1)
    assert chosen.args == [NOTHING]


def test_the_stage_splits_into_equal_halves(window: MainWindow) -> None:
    show_frame(window)
    window.stage.show_comparison(shown=True)
    assert window.canvas.size() == window.stage.compare.canvas.size()
    assert window.canvas.width() >= window.stage.width() // 2 - 1
    window.stage.show_comparison(shown=False)
    assert window.canvas.size() == window.stage.size()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ((Origin.PROPOSAL, Decision.ACCEPTED, Presence.POLYP, True), ("AB", "from a proposal", "accepted")),
        ((Origin.DRAWN, Decision.UNDECIDED, Presence.UNKNOWN, True), ("AB", "drawn")),
        ((None, Decision.ACCEPTED, Presence.NO_POLYP, False), ("AB", "no polyp")),
        ((Origin.DRAWN, Decision.NEEDS_WORK, Presence.UNKNOWN, True), ("AB", "needs work")),
    ],
)
def test_a_revision_says_when_who_and_what(
    line: tuple[Origin | None, Decision, Presence, bool], words: tuple[str, ...]
) -> None:
    created = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
    origin, decision, presence, has_mask = line
    text = revision_text(
        RevisionLine(uuid4(), created.isoformat(), "AB", origin, decision, presence, has_mask, is_head=True)
    )
    assert text.split(" · ") == [created.astimezone().strftime("%Y-%m-%d %H:%M"), *words]


def test_a_revision_in_the_history_is_wished_for_by_a_click(qtbot: QtBot) -> None:
    made = RevisionList()
    qtbot.addWidget(made)
    key: UUID = uuid4()
    assert made.isHidden()
    made.show_revisions((OtherMask(key, "2026-03-04 12:30 · AB · drawn"),))
    made.show()
    place = made._list.visualItemRect(made._list.item(0)).center()
    with qtbot.waitSignal(made.chosen) as chosen:
        QTest.mouseClick(made._list.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert chosen.args == [key]


# --- enhancement ---


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.name)
def test_a_slider_reaches_both_ends_and_comes_back_to_its_own_step(row: object) -> None:
    number = next(known for known in NUMBERS if known is row)
    lowest, highest = RANGES[number.name]
    assert _value_of(number, 0) == pytest.approx(lowest)
    assert _value_of(number, STEPS) == pytest.approx(highest)
    assert all(_step_of(number, _value_of(number, step)) == step for step in range(STEPS + 1))
    assert _value_of(number, _step_of(number, getattr(IDENTITY, number.name))) == getattr(IDENTITY, number.name)


def test_the_form_wishes_one_change_and_keeps_the_rest(home: QWidget, qtbot: QtBot) -> None:
    form = EnhanceForm(ActionSet(home))
    qtbot.addWidget(form)
    form.show_enhancement(Enhancement(mode="nbi", specular=True))
    slider = next(s for s in form.findChildren(CanvasSlider) if s.accessibleName() == "Contrast")
    with qtbot.waitSignal(form.enhancement_wished) as wished:
        slider.setValue(75)
    made = wished.args[0]
    assert made.contrast > 1.5
    assert (made.mode, made.specular, made.gamma) == ("nbi", True, 1.0)
    reset = next(b for b in form.findChildren(QPushButton) if b.text() == "Reset")
    with qtbot.waitSignal(form.enhancement_wished) as wished:
        reset.click()
    assert wished.args == [IDENTITY]
    assert not reset.isEnabled()


def test_showing_an_enhancement_wishes_nothing(home: QWidget, qtbot: QtBot) -> None:
    form = EnhanceForm(ActionSet(home))
    qtbot.addWidget(form)
    with qtbot.assertNotEmitted(form.enhancement_wished):
        form.show_enhancement(Enhancement(contrast=2.0, clahe=3.0, mode="red_free", deinterlace=True))


# --- legend and status ---


def test_the_legend_moves_the_threshold_and_showing_one_does_not(qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_parts(heat=True, codes="")
    with qtbot.assertNotEmitted(legend.threshold_wished):
        legend.show_threshold(0.3)
    slider = legend.findChild(CanvasSlider)
    assert slider is not None
    with qtbot.waitSignal(legend.threshold_wished) as wished:
        slider.setValue(70)
    assert wished.args == [pytest.approx(0.7)]
    assert all(len(names) == 4 for _, names in TEXTS.values())


def test_a_size_in_millimetres_needs_a_scale() -> None:
    size = LesionSize(19221, 180.4, 156.4)
    assert size_text(2, size, None) == "lesion 2: 19\N{NARROW NO-BREAK SPACE}221 px, 180 px across"
    assert size_text(2, size, 0.05).endswith(" · 9 mm at the known scale")


def test_the_status_bar_counts_a_videos_frames_as_the_transport_does() -> None:
    item = MediaItem(uuid4(), "M-00031", "video", "file1:x", 10, 10, 120, exam=ExamKey("E-0007", "given"))
    text = frame_place(item, FrameRef(item.id, 28), position=59, count=150)
    assert text == "M-00031 · frame 29 of 120 · 59 of 150 in the project"


def test_a_firm_label_is_the_last_to_be_shortened(qtbot: QtBot) -> None:
    made = FirmLabel("x 412 y 286 · 118 %")
    qtbot.addWidget(made)
    assert made.minimumSizeHint() == made.sizeHint()


# --- screens ---


class OtherScreen(Canvas):
    """A canvas whose screen can be changed."""

    ratio = 1.0

    def devicePixelRatioF(self) -> float:
        return self.ratio


def test_on_a_screen_of_another_pixel_ratio_everything_is_drawn_anew(qtbot: QtBot) -> None:
    canvas = OtherScreen()
    qtbot.addWidget(canvas)
    canvas.resize(500, 400)
    canvas.show_frame(grey_frame(300, 400), checkered_labels(300, 400, side=20))
    canvas.show()
    assert QTest.qWaitForWindowExposed(canvas)
    canvas.one_to_one()
    canvas.grab()
    zooms: list[float] = []
    canvas.view_changed.connect(zooms.append)
    canvas.ratio = 2.0
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert zooms == [2.0]
    surface = canvas._surface()
    assert canvas._picture.refine(surface, canvas.palette().base().color()).width() == 1000
    assert canvas._overlay.render(surface).width() == 1000


def test_the_window_is_found_again_where_it_stood(qtbot: QtBot) -> None:
    first, second, third = QWidget(), QWidget(), QWidget()
    for made in (first, second, third):
        qtbot.addWidget(made)
    first.setGeometry(40, 50, 640, 480)
    first.show()
    assert QTest.qWaitForWindowExposed(first)
    put_in_place(second, place_text(first))
    assert second.size() == first.size()
    put_in_place(third, "not a place")
    assert third.width() <= 1920
    assert third.width() > 200


def test_escape_closes_the_view_panel_and_the_canvas_has_the_focus_again(window: MainWindow) -> None:
    show_frame(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_V, SHIFT)
    panel = window.stage.view_panel
    assert panel.isVisible()
    row = panel.findChildren(QCheckBox)[0]
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Escape)
    assert panel.isHidden()
    assert window.canvas.hasFocus()
    assert not window.actions_["view_panel"].isChecked()


def test_the_crosshair_of_one_half_points_at_the_same_place_in_the_other(halves: tuple[Canvas, CompareView]) -> None:
    left, right = halves
    left.set_options(ViewOptions(crosshair=True))
    right.canvas.set_options(left.options)
    left.cursor_moved.emit(Point(200.5, 150.5))
    at = right.canvas.view.to_widget(Point(200.5, 150.5))
    assert right.canvas._crosshair.region(right.canvas.size()).contains(at.toPoint() + QPoint(0, 40))
    left.cursor_moved.emit(None)
    assert right.canvas._crosshair.region(right.canvas.size()).isEmpty()


def test_lists_and_caps_grow_with_the_text(window: MainWindow) -> None:
    before = cap_height()
    window.dressing.use_text(150)
    assert cap_height() == round(1.5 * before)
    window.palette_.open()
    rows = window.palette_.findChild(QListWidget)
    assert rows is not None
    assert rows.sizeHintForRow(0) == 51
