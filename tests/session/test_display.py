"""Enhanced pixels in a session: only over their own frame, only on the canvas, and remembered for the reader."""

import ast
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import polypviewer
from polypviewer.core.enhance import IDENTITY, Enhancement, enhanced
from polypviewer.session.session import Session
from polypviewer.session.settings import Settings
from tests.session.projects import READER, go, make_project, paint

QUICK = Enhancement(contrast=1.5, mode="red_free")
SLOW = Enhancement(clahe=3.0, specular=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path, pictures=8)


def is_own(session: Session) -> bool:
    assert session.displayed is not None
    assert session.image is not None
    return np.array_equal(session.displayed, session.image)


def is_enhanced(session: Session, kind: Enhancement) -> bool:
    assert session.displayed is not None
    assert session.image is not None
    return np.array_equal(session.displayed, enhanced(session.image, kind))


def test_a_frame_is_shown_as_it_is_until_something_is_wished(session: Session) -> None:
    assert session.displayed is session.image
    assert not session.is_enhanced


def test_tables_are_shown_at_once(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.display_changed):
        session.set_enhancement(QUICK)
    assert is_enhanced(session, QUICK)
    assert session.displayed is not None
    assert not session.displayed.flags.writeable


def test_slow_kinds_follow_the_frame_s_own_pixels(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.display_changed):
        session.set_enhancement(SLOW)
        assert is_own(session)
        assert session.is_enhanced
    assert is_enhanced(session, SLOW)


def test_switching_off_gives_the_frame_back_and_on_the_same_view_again(session: Session, qtbot: QtBot) -> None:
    session.set_enhancement(QUICK)
    with qtbot.waitSignal(session.display_changed):
        session.show_enhanced(on=False)
    assert session.displayed is session.image
    assert session.enhancement == QUICK
    session.show_enhanced(on=True)
    assert is_enhanced(session, QUICK)
    session.set_enhancement(IDENTITY)
    assert session.displayed is session.image
    assert not session.is_enhanced


def test_switching_off_while_the_lane_works_lets_nothing_follow(session: Session, qtbot: QtBot) -> None:
    session.set_enhancement(SLOW)
    session.set_enhancement(IDENTITY)
    with qtbot.assertNotEmitted(session.display_changed, wait=300):
        pass
    assert session.displayed is session.image


def test_without_a_project_nothing_is_shown(session: Session, qtbot: QtBot) -> None:
    session.set_enhancement(QUICK)
    with qtbot.waitSignal(session.project_closed, timeout=20_000):
        session.close_project()
    assert session.displayed is None
    session.set_enhancement(SLOW)
    assert session.displayed is None


@pytest.mark.parametrize("kind", [QUICK, SLOW])
def test_stepping_never_shows_another_frame_s_pixels(session: Session, qtbot: QtBot, kind: Enhancement) -> None:
    wrong: list[object] = []

    def check(*_arguments: object) -> None:
        if not is_own(session) and not is_enhanced(session, kind):
            wrong.append(session.current)

    session.frame_changed.connect(check)
    session.display_changed.connect(check)
    session.set_enhancement(kind)
    for number in (*range(8), 3, 5, 0):
        go(qtbot, session, session.frames[number])
    qtbot.waitUntil(lambda: is_enhanced(session, kind))
    assert wrong == []


def test_a_table_is_there_with_the_next_frame_so_that_a_video_does_not_flicker(session: Session, qtbot: QtBot) -> None:
    session.set_enhancement(QUICK)
    seen: list[bool] = []
    session.frame_changed.connect(lambda _ref: seen.append(is_enhanced(session, QUICK)))
    for number in (1, 2, 3):
        go(qtbot, session, session.frames[number])
    assert seen == [True, True, True]


def test_the_last_of_many_wishes_is_what_stays(session: Session, qtbot: QtBot) -> None:
    wishes = [Enhancement(clahe=0.5 * step) for step in range(1, 12)]
    for wish in wishes:
        session.set_enhancement(wish)
    qtbot.waitUntil(lambda: is_enhanced(session, wishes[-1]))


def test_the_wish_is_found_again_by_this_reader_alone(qtbot: QtBot, project: Path, session: Session) -> None:
    session.settings.reader = READER
    session.set_enhancement(QUICK)
    session.close()
    again = Settings()
    again.reader = READER
    fresh = Session(settings=again)
    assert (fresh.enhancement, fresh.is_enhanced) == (QUICK, True)
    again.reader = "somebody-else"
    with qtbot.waitSignal(fresh.frame_changed, timeout=20_000):
        fresh.open(project, "somebody-else")
    assert (fresh.enhancement, fresh.is_enhanced) == (IDENTITY, False)
    assert fresh.displayed is fresh.image
    fresh.close()


# --- and nothing but the canvas sees them ---


def test_a_proposal_is_made_from_the_frame_s_own_pixels(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: session.proposal is not None, timeout=30_000)
    assert session.proposal is not None
    plain = session.proposal.proposal
    session.set_enhancement(Enhancement(brightness=0.6, mode="nbi"))
    session.propose()
    qtbot.waitUntil(lambda: session.proposal is not None and session.proposal.proposal.id != plain.id, timeout=30_000)
    assert np.array_equal(session.proposal.proposal.probability, plain.probability)
    scene = session.scene()
    assert scene is not None
    assert scene.image is session.image


def test_an_export_holds_the_frame_s_own_pixels(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    session.set_enhancement(Enhancement(brightness=0.6, mode="nbi"))
    paint(session, (60, 50))
    session.accept(stay=True)
    with qtbot.waitSignal(session.progress, check_params_cb=lambda now: now.job == "export" and now.ended):
        session.export(tmp_path / "out", "kvasir")
    (exported,) = (tmp_path / "out").rglob("images/*.png")
    pixels = cv2.imread(str(exported))
    assert pixels is not None
    assert session.image is not None
    assert np.array_equal(pixels[:, :, ::-1], session.image)


def test_only_the_display_enhances_and_only_the_front_hands_it_out() -> None:
    root = Path(polypviewer.__file__).parent
    importers = {name: set[str]() for name in ("polypviewer.core.enhance", "polypviewer.session.display")}
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in importers:
                names = {alias.name for alias in node.names}
                if node.module != "polypviewer.core.enhance" or "enhanced" in names:
                    importers[node.module].add(path.relative_to(root).as_posix())
    assert importers["polypviewer.core.enhance"] == {"session/display.py"}
    assert importers["polypviewer.session.display"] == {"session/session_seeing.py"}
