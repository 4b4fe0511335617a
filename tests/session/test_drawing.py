"""What happens between press and release, and who hears of it."""

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from polypviewer.core.geometry import Point, Rect
from polypviewer.core.label_map import LabelMap
from polypviewer.core.nib import Nib
from polypviewer.session.session import Session
from tests.session.projects import make_project, opened

STEPS = ((Point(20, 20), Nib(3.0)), (Point(40, 24), Nib(5.0)), (Point(44, 60), Nib(4.0, "square")))


def test_the_steps_of_one_move_paint_what_each_by_itself_paints_and_are_said_once(qtbot: QtBot, tmp_path: Path) -> None:
    session = opened(qtbot, make_project(tmp_path, pictures=1))
    session.begin_stroke(1)
    for step in STEPS:
        session.stroke_along([step])
    one_by_one = painted(session)
    session.cancel_stroke()
    said: list[Rect] = []
    session.pixels_changed.connect(said.append)
    session.begin_stroke(1)
    changed = session.stroke_along(STEPS)
    assert said == [changed]
    assert np.array_equal(painted(session), one_by_one)
    rows, columns = np.nonzero(one_by_one)
    assert changed.x <= columns.min() <= columns.max() < changed.right
    assert changed.y <= rows.min() <= rows.max() < changed.bottom
    session.close()


def painted(session: Session) -> LabelMap:
    assert session.draft is not None
    return session.draft.label_map.copy()
