"""The real window on a real session and project: real keys, real mouse."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from polypviewer.app import Wiring, make_window
from polypviewer.core.geometry import Point
from polypviewer.core.review import ReviewStatus
from polypviewer.media.write import write_video
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from polypviewer.session.values import Progress
from polypviewer.ui.actions import Layout
from polypviewer.ui.dialogs import ConfirmDialog, ExamRuleDialog, FirstStartDialog
from polypviewer.ui.file_questions import FileQuestions
from polypviewer.ui.main_window import MainWindow
from tests.mouse import glide
from tests.session.projects import make_project, picture, until_saved

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
HEIGHT, WIDTH = 96, 128


class Seat:
    """A window, its session and its wiring."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.session = Session()
        self.session.settings.reader = "R-1"
        self.window, self.wiring = make_window(self.session)
        qtbot.addWidget(self.window)
        self.window.resize(1366, 768)
        self.window.workspace.fold_for(1920)
        self.window.show()
        assert QTest.qWaitForWindowExposed(self.window)
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def open(self, project: Path) -> None:
        with self.qtbot.waitSignal(self.session.frame_changed, timeout=20_000):
            self.wiring.project.open(project)

    def at(self, across: float, down: float) -> QPoint:
        return self.window.canvas.view.to_widget(Point(WIDTH * across, HEIGHT * down)).toPoint()

    def drag(self, *fractions: tuple[float, float], button: Qt.MouseButton = LEFT) -> None:
        canvas = self.window.canvas
        QTest.mousePress(canvas, button, NONE, self.at(*fractions[0]))
        for place in fractions[1:]:
            glide(canvas, self.at(*place))
        QTest.mouseRelease(canvas, button, NONE, self.at(*fractions[-1]))

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.window.canvas, key, modifiers)

    @property
    def labels(self) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        assert self.session.draft is not None
        return self.session.draft.label_map


@pytest.fixture
def seat(qtbot: QtBot) -> Iterator[Seat]:
    made = Seat(qtbot)
    yield made
    made.wiring.close()


@pytest.fixture
def reviewing(seat: Seat, tmp_path: Path) -> Seat:
    seat.open(make_project(tmp_path))
    return seat


def test_a_project_opens_on_its_first_frame_with_its_strip(reviewing: Seat) -> None:
    window, session = reviewing.window, reviewing.session
    assert window.canvas.has_frame
    assert not window.stage.empty.isVisible()
    assert window.windowTitle() == "Test · PolypViewer"
    assert "M-00001" in window.status.frame.text()
    reviewing.qtbot.waitUntil(lambda: len(window.workspace.strip.strip._pictures) == len(session.frames))


def test_a_stroke_painted_with_the_mouse_lands_on_those_pixels(reviewing: Seat) -> None:
    reviewing.key(Qt.Key.Key_B)
    reviewing.window.canvas.hand.change_radius(4.0)
    reviewing.drag((0.25, 0.5), (0.5, 0.5), (0.75, 0.5))
    rows, columns = np.nonzero(reviewing.labels)
    assert rows.min() >= HEIGHT * 0.5 - 5
    assert rows.max() <= HEIGHT * 0.5 + 5
    assert columns.min() == pytest.approx(WIDTH * 0.25 - 4, abs=1.5)
    assert columns.max() == pytest.approx(WIDTH * 0.75 + 3, abs=1.5)
    assert len(reviewing.session.history.done) == 1


def test_escape_during_a_stroke_leaves_the_mask_as_it_was(reviewing: Seat) -> None:
    reviewing.key(Qt.Key.Key_B)
    QTest.mousePress(reviewing.window.canvas, LEFT, NONE, reviewing.at(0.3, 0.3))
    glide(reviewing.window.canvas, reviewing.at(0.6, 0.6))
    assert reviewing.labels.any()
    reviewing.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(reviewing.window.canvas, LEFT, NONE, reviewing.at(0.6, 0.6))
    assert not reviewing.labels.any()
    assert reviewing.session.history.done == ()


def test_enter_accepts_and_goes_on_and_undo_comes_back(reviewing: Seat) -> None:
    session = reviewing.session
    reviewing.key(Qt.Key.Key_B)
    reviewing.drag((0.4, 0.4), (0.6, 0.6))
    first = session.frames[0]
    with reviewing.qtbot.waitSignal(session.frame_changed, timeout=10_000):
        reviewing.key(Qt.Key.Key_Return)
    assert session.statuses[first] is ReviewStatus.CORRECTED
    with reviewing.qtbot.waitSignal(session.frame_changed, timeout=10_000):
        reviewing.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.current == first
    assert session.statuses[first] is ReviewStatus.EDITED


def test_enter_with_the_button_down_accepts_what_is_painted_and_no_more(reviewing: Seat) -> None:
    session, canvas = reviewing.session, reviewing.window.canvas
    reviewing.key(Qt.Key.Key_B)
    QTest.mousePress(canvas, LEFT, NONE, reviewing.at(0.3, 0.3))
    glide(canvas, reviewing.at(0.4, 0.3))
    painted = reviewing.labels.copy()
    reviewing.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    glide(canvas, reviewing.at(0.9, 0.9))
    QTest.mouseRelease(canvas, LEFT, NONE, reviewing.at(0.9, 0.9))
    assert np.array_equal(reviewing.labels, painted)
    assert session.statuses[session.frames[0]] is ReviewStatus.CORRECTED


def test_the_panel_follows_the_work(reviewing: Seat) -> None:
    window = reviewing.window
    reviewing.key(Qt.Key.Key_B)
    reviewing.key(Qt.Key.Key_2)
    reviewing.drag((0.4, 0.4), (0.6, 0.6))
    until_saved(reviewing.qtbot, reviewing.session)
    reviewing.qtbot.waitUntil(lambda: window.panel.frame._status.text() == "Edited")
    lesions = window.panel.frame.lesions.model()
    assert [lesions.index(row, 0).data() for row in range(lesions.rowCount())] == ["Lesion 2"]
    window.do("show_history_tab")
    reviewing.qtbot.waitUntil(lambda: window.panel.history._list.count() == 1)
    assert window.actions_["undo"].isEnabled()
    assert window.status.saved.text().startswith("saved")


def test_a_comment_is_typed_in_the_panel_and_kept(reviewing: Seat) -> None:
    reviewing.key(Qt.Key.Key_C)
    QTest.keyClicks(reviewing.window.panel.frame.comment, "behind a fold")
    QTest.keyClick(reviewing.window.panel.frame.comment, Qt.Key.Key_Return)
    assert reviewing.session.draft is not None
    assert reviewing.session.draft.value("comment") == "behind a fold"
    assert reviewing.window.canvas.hasFocus()


def test_a_click_on_the_strip_and_the_keys_move_between_frames(reviewing: Seat) -> None:
    session, strip = reviewing.session, reviewing.window.workspace.strip.strip
    with reviewing.qtbot.waitSignal(session.frame_changed, timeout=10_000):
        QTest.mouseClick(strip.viewport(), LEFT, pos=strip.rect_of(2).center())
    assert session.current == session.frames[2]
    with reviewing.qtbot.waitSignal(session.frame_changed, timeout=10_000):
        reviewing.key(Qt.Key.Key_D)
    assert session.current == session.frames[3]
    with reviewing.qtbot.waitSignal(session.frame_changed, timeout=10_000):
        reviewing.key(Qt.Key.Key_Home)
    assert session.current == session.frames[0]


def test_a_refusal_is_a_bar_and_not_a_dialog(reviewing: Seat) -> None:
    reviewing.key(Qt.Key.Key_B)
    reviewing.drag((0.4, 0.4), (0.6, 0.6))
    reviewing.key(Qt.Key.Key_R)
    message = reviewing.window.stage.message.message
    assert message is not None
    assert message.level == "warning"
    assert reviewing.window.stage.message.isVisible()
    reviewing.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    accepted = reviewing.window.stage.message.message
    assert accepted is not None
    assert accepted.offers_undo, "what was refused before hides no Undo"


def test_history_goes_back_several_steps_with_one_click(reviewing: Seat) -> None:
    reviewing.key(Qt.Key.Key_B)
    for down in (0.2, 0.4, 0.6):
        reviewing.drag((0.3, down), (0.5, down))
    reviewing.window.panel.history.steps_wished.emit(2)
    assert len(reviewing.session.history.done) == 1
    reviewing.window.panel.history.steps_wished.emit(-2)
    assert len(reviewing.session.history.done) == 3


def test_tastes_are_kept_for_the_next_start(reviewing: Seat) -> None:
    reviewing.window.do("switch_theme")
    reviewing.window.canvas.hand.change_radius(33.0)
    reviewing.key(Qt.Key.Key_O)
    reviewing.wiring.close()
    settings = Settings()
    settings.reader = "R-1"
    assert settings.text("theme") == "light"
    assert settings.number("brush_radius") == 33.0
    assert settings.get("overlay_outline") is True


def test_a_job_shows_how_far_it_is_where_it_was_started_and_can_be_stopped(reviewing: Seat) -> None:
    window = reviewing.window
    reviewing.session.progress.emit(Progress("propose", 3, 10, seconds_left=80.0))
    assert window.status.job.text() == "Proposing · 3 of 10 · 1 min 20 s left"
    assert window.panel.model._job.text() == window.workspace.transport._job.text() == window.status.job.text()
    stopped: list[str] = []
    window.wished.connect(stopped.append)
    QTest.mouseClick(window.status.stop, LEFT)
    assert stopped == ["stop_job"]
    reviewing.session.progress.emit(Progress("propose", 10, 10, ended=True))
    assert not window.status.stop.isVisible()
    assert window.status.job.text() == ""


class Answers(FileQuestions):
    """Answers the system's dialogs."""

    def __init__(self, window: MainWindow, *, folder: Path | None = None, files: tuple[Path, ...] = ()) -> None:
        super().__init__(window)
        self._folder_told, self._files = folder, files

    def media_files(self) -> tuple[Path, ...]:
        return self._files

    def _folder(self, title: str) -> Path | None:
        return self._folder_told


def test_dropped_pictures_ask_for_their_exam_once_and_are_imported(reviewing: Seat, tmp_path: Path) -> None:
    import cv2

    more = tmp_path / "more"
    more.mkdir()
    for number in range(3):
        cv2.imwrite(str(more / f"p{number}_x.png"), picture(50 + number))
    reviewing.window.paths_dropped.emit((more,))
    reviewing.qtbot.waitUntil(lambda: reviewing.window.findChild(ExamRuleDialog) is not None, timeout=10_000)
    dialog = reviewing.window.findChild(ExamRuleDialog)
    assert dialog is not None
    dialog.buttons["one"].setChecked(True)
    with reviewing.qtbot.waitSignal(reviewing.session.media_changed, timeout=20_000):
        dialog.accept()
    assert len(reviewing.session.frames) == 7
    assert reviewing.window.panel.media._model.rowCount() == 7


def test_an_export_into_a_full_folder_asks_first(reviewing: Seat, tmp_path: Path) -> None:
    reviewing.key(Qt.Key.Key_B)
    reviewing.drag((0.4, 0.4), (0.6, 0.6))
    reviewing.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    until_saved(reviewing.qtbot, reviewing.session)
    full = tmp_path / "out"
    full.mkdir()
    (full / "precious.txt").write_text("mine", "utf-8")
    reviewing.wiring.project._ask = Answers(reviewing.window, folder=full)
    reviewing.window.do("export_kvasir")
    dialog = reviewing.window.findChild(ConfirmDialog)
    assert dialog is not None
    dialog.reject()
    assert (full / "precious.txt").read_text("utf-8") == "mine"
    reviewing.wiring.project._ask = Answers(reviewing.window, folder=tmp_path / "new")
    with reviewing.qtbot.waitSignal(reviewing.session.message, timeout=20_000):
        reviewing.window.do("export_kvasir")
    assert (tmp_path / "new" / "dataset.json").is_file()


def test_the_first_start_asks_who_reads_before_it_opens(qtbot: QtBot, tmp_path: Path) -> None:
    seat = Seat(qtbot)
    try:
        seat.session.settings.reader = ""
        project = make_project(tmp_path)
        seat.wiring.tastes.ask_reader(lambda: seat.wiring.project.open(project))
        dialog = seat.window.findChild(FirstStartDialog)
        assert dialog is not None
        assert seat.session.project is None
        QTest.keyClicks(dialog.name, "AB")
        with qtbot.waitSignal(seat.session.frame_changed, timeout=20_000):
            dialog.accept()
        assert seat.window.top.reader.text()
    finally:
        seat.wiring.close()


def test_an_empty_project_teaches_and_a_closed_one_says_so(seat: Seat, tmp_path: Path) -> None:
    with seat.qtbot.waitSignal(seat.session.project_opened, timeout=20_000):
        seat.session.create(tmp_path / "fresh")
    assert seat.window.stage.empty.isVisible()
    assert seat.window.stage.empty._title.text() == "Drop images, videos or a folder here"
    assert not seat.window.panel.frame.buttons["accept"].isEnabled()


def test_a_project_that_cannot_be_opened_is_said_and_nothing_hangs(seat: Seat, tmp_path: Path) -> None:
    with seat.qtbot.waitSignal(seat.session.message, timeout=20_000):
        seat.wiring.project.open(tmp_path / "nowhere")
    message = seat.window.stage.message.message
    assert message is not None
    assert message.level == "error"
    assert seat.window.stage.empty._title.text() == "Drop images, videos or a folder here"


@pytest.fixture
def watching(seat: Seat, tmp_path: Path) -> Seat:
    clip = tmp_path / "clip.mp4"
    write_video(clip, (picture(number) for number in range(30)), frame_rate=25)
    seat.open(make_project(tmp_path))
    seat.wiring.project._ask = Answers(seat.window, files=(clip,))
    with seat.qtbot.waitSignal(seat.session.media_changed, timeout=20_000):
        seat.window.do("import_files")
    return seat


def test_video_waits_until_a_video_is_chosen_then_plays_to_its_end(watching: Seat) -> None:
    window, session = watching.window, watching.session
    window.do("video")
    assert window.layout_now is Layout.VIDEO
    assert session.current == session.frames[0]
    with watching.qtbot.waitSignal(session.frame_changed, timeout=20_000):
        window.workspace.transport.medium_wished.emit(0)
    assert "frame 1 of 30" in window.workspace.transport._frame.text()
    watching.key(Qt.Key.Key_Space)
    assert watching.wiring.video.is_playing
    watching.qtbot.waitUntil(lambda: not watching.wiring.video.is_playing, timeout=20_000)
    assert session.current is not None
    assert session.current.index == 29


def test_a_click_on_the_time_line_shows_that_frame(watching: Seat) -> None:
    window, session = watching.window, watching.session
    window.do("video")
    with watching.qtbot.waitSignal(session.frame_changed, timeout=20_000):
        window.workspace.transport.medium_wished.emit(0)
    line = window.workspace.transport.timeline
    with watching.qtbot.waitSignal(session.frame_changed, timeout=20_000):
        QTest.mouseClick(line, LEFT, pos=QPoint(round(line.x_of(12)), 30))
    assert session.current is not None
    assert session.current.index == 12


def test_every_action_of_the_table_is_done_by_somebody(seat: Seat) -> None:
    from polypviewer.ui.actions import ACTIONS

    window = seat.window
    known = {*window._own, *window._tabs, *window.canvas.tools, *tuple(Layout), *seat.wiring._handlers, "peek"}
    known |= {f"lesion_{number}" for number in range(1, 10)}
    assert {spec.id for spec in ACTIONS} - known == set()


def test_closing_the_window_closes_the_session(qtbot: QtBot, tmp_path: Path) -> None:
    seat = Seat(qtbot)
    seat.open(make_project(tmp_path))
    seat.key(Qt.Key.Key_B)
    seat.drag((0.4, 0.4), (0.6, 0.6))
    seat.window.close()
    assert seat.session.project is None
    assert isinstance(seat.wiring, Wiring)
