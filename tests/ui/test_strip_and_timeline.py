import time
from uuid import UUID, uuid4

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.core.identity import FrameRef
from polypviewer.core.media_item import MediaItem
from polypviewer.core.review import ReviewStatus
from polypviewer.session.frame_order import FrameOrder
from polypviewer.session.queue import StatusLights
from polypviewer.ui.controls import ElidedLabel
from polypviewer.ui.strip import Strip
from polypviewer.ui.strip_bar import StripBar
from polypviewer.ui.timeline import CODES, Timeline, largest_of_columns, strongest_of_columns


def stills(count: int) -> FrameOrder:
    return FrameOrder([MediaItem(UUID(int=i + 1), f"M-{i:05}", "image", f"f{i}", 480, 640, 1) for i in range(count)])


@pytest.fixture
def strip(qtbot: QtBot) -> Strip:
    made = Strip()
    qtbot.addWidget(made)
    made.resize(1200, 90)
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    return made


def test_only_what_is_in_view_asks_for_a_thumbnail(strip: Strip, qtbot: QtBot) -> None:
    frames = stills(10_000)
    wished: list[FrameRef] = []
    strip.thumbnail_wished.connect(wished.append)
    strip.show_frames(frames, StatusLights(frames=10_000))
    qtbot.wait(50)
    assert 5 < len(wished) < 40
    assert wished[0] == frames[0]


def test_ten_thousand_frames_are_shown_and_scrolled_in_no_time(strip: Strip, qtbot: QtBot) -> None:
    frames = stills(10_000)
    began = time.perf_counter()
    strip.show_frames(frames, StatusLights(frames=10_000))
    for index in range(0, 10_000, 500):
        strip.show_current(index)
        strip.viewport().repaint()
    assert (time.perf_counter() - began) / 20 < 0.1


def test_a_click_wishes_the_frame_under_it_after_scrolling(strip: Strip, qtbot: QtBot) -> None:
    frames = stills(500)
    strip.show_frames(frames, StatusLights(frames=500))
    strip.show_current(321)
    rect = strip.rect_of(321)
    assert strip.viewport().rect().contains(rect.center())
    with qtbot.waitSignal(strip.frame_wished) as wished:
        QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert wished.args == [frames[321]]
    assert strip.accessibleDescription() == "Frame 322 of 500: Unreviewed"


def test_a_light_has_its_colour_and_a_letter(strip: Strip) -> None:
    frames = stills(3)
    lights = StatusLights(frames=3)
    strip.show_frames(frames, lights)
    before = strip.grab().toImage()
    lights.change(frames[1], ReviewStatus.ACCEPTED)
    strip.refresh(frames[1])
    after = strip.grab().toImage()
    line = strip.rect_of(1)
    assert after.pixelColor(line.center().x(), line.bottom() - 1).name().upper() == "#009E73"
    assert before != after


def test_a_thumbnail_is_drawn_in_its_shape(strip: Strip) -> None:
    frames = stills(2)
    strip.show_frames(frames, StatusLights(frames=2))
    strip.show_thumbnail(frames[0], np.full((90, 160, 3), (10, 200, 30), np.uint8))
    shown = strip.grab().toImage()
    tile = strip.rect_of(0)
    assert shown.pixelColor(tile.center().x(), tile.top() + strip.tile.height() // 2).green() == 200
    assert shown.pixelColor(tile.center().x(), tile.top() + 1).green() == 0


def test_tiles_that_were_drawn_before_look_like_tiles_drawn_anew(strip: Strip, qtbot: QtBot) -> None:
    frames, lights = stills(5), StatusLights(frames=5)
    picture = np.random.default_rng(4).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    seen = []
    for is_fresh in (False, True):
        shown = Strip() if is_fresh else strip
        qtbot.addWidget(shown)
        shown.resize(1200, 90)
        shown.show_frames(frames, lights)
        if not is_fresh:
            shown.show_current(0)
            shown.grab()
            lights.change(frames[2], ReviewStatus.CORRECTED)
        shown.show_thumbnail(frames[1], picture)
        shown.show_current(2)
        seen.append(shown.grab().toImage())
    assert seen[0] == seen[1]


def test_the_heading_counts_only_what_is_there(qtbot: QtBot) -> None:
    bar = StripBar()
    qtbot.addWidget(bar)
    bar.resize(1200, 104)
    bar.show()
    lights = StatusLights(dict.fromkeys(stills(4), ReviewStatus.ACCEPTED), frames=9)
    bar.show_counts(place="Exam E-0001", frames=9, count_of=lights.count)
    texts = {child.text() for child in bar.findChildren(ElidedLabel)}
    assert "Exam E-0001 · 9 frames" in texts


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(1000, 100)
    made.show_video(np.arange(5000) / 25.0, np.zeros(5000, np.uint8), np.full(5000, np.nan, np.float32))
    made.show()
    assert QTest.qWaitForWindowExposed(made)
    return made


def test_a_click_on_the_time_line_goes_to_the_frame_there(timeline: Timeline, qtbot: QtBot) -> None:
    with qtbot.waitSignal(timeline.frame_wished) as wished:
        QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(500, 40))
    assert wished.args is not None
    assert wished.args[0] == pytest.approx(2500, abs=6)
    for index in (0, 1234, 4999):
        assert timeline.index_at(timeline.x_of(index)) == index


def test_a_known_area_and_a_status_change_the_picture(timeline: Timeline) -> None:
    plain = timeline.grab().toImage()
    timeline.show_area(1000, 0.2)
    with_area = timeline.grab().toImage()
    timeline.show_status(2000, ReviewStatus.NEEDS_WORK)
    assert plain != with_area != timeline.grab().toImage()


def test_a_short_video_and_no_video_can_be_drawn(timeline: Timeline) -> None:
    timeline.show_video(np.zeros(1), np.zeros(1, np.uint8), np.full(1, np.nan, np.float32))
    timeline.grab()
    timeline.show_video(np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.float32))
    timeline.grab()


def test_columns_keep_the_largest_area_and_the_loudest_status() -> None:
    areas = np.array([np.nan, 0.1, 0.4, np.nan, np.nan, np.nan], np.float32)
    assert largest_of_columns(areas, 3).tolist()[:2] == pytest.approx([0.1, 0.4])
    assert np.isnan(largest_of_columns(areas, 3)[2])
    codes = np.array([0, 3, 1, 0], np.uint8)
    assert strongest_of_columns(codes, 2).tolist() == [3, 1]
    assert CODES[0] is ReviewStatus.UNREVIEWED


def test_a_frame_of_another_project_is_passed_over(strip: Strip) -> None:
    strip.show_frames(stills(3), StatusLights(frames=3))
    strip.refresh(FrameRef(uuid4(), 0))
