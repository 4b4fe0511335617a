"""Bucket, wand, seeds and box: real mouse events in, wishes out."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from polypviewer.ui.canvas.gestures import Canvas
from polypviewer.ui.canvas.wishes import CutOut, Drop, Fill, Grow, Match, Take
from tests.mouse import glide
from tests.ui.tool_watch import LEFT, NONE, RIGHT, Watch, at, click, drag, near


def test_the_bucket_fills_and_its_inverse_empties(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("fill")
    click(canvas, 0.5, 0.5)
    click(canvas, 0.5, 0.5, RIGHT)
    assert [wish.takes_away for wish in watch.wishes if isinstance(wish, Fill)] == [False, True]


def test_the_wand_takes_more_to_the_right_less_to_the_left_and_all_at_the_release(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("wand")
    before = canvas.hand.options.tolerance
    drag(canvas, (0.5, 0.5), (0.6, 0.5), (0.4, 0.5))
    wishes = [wish for wish in watch.wishes if isinstance(wish, Match)]
    assert [wish.is_final for wish in wishes] == [False, False, False, True]
    assert wishes[1].tolerance > before > wishes[2].tolerance == wishes[3].tolerance == canvas.hand.options.tolerance
    assert all(wish.point == wishes[0].point for wish in wishes)


def test_escape_drops_the_wand_and_its_tolerance_is_what_it_was(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("wand")
    before = canvas.hand.options.tolerance
    QTest.mousePress(canvas, LEFT, NONE, at(canvas, 0.5, 0.5))
    glide(canvas, at(canvas, 0.6, 0.5))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(canvas, LEFT, NONE, at(canvas, 0.6, 0.5))
    assert watch.wishes[-1] == Drop()
    assert canvas.hand.options.tolerance == before


def test_seeds_gather_until_enter_takes_what_was_grown(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("seeds")
    click(canvas, 0.5, 0.5)
    drag(canvas, (0.2, 0.2), (0.2, 0.4), button=RIGHT)
    *_, grown = watch.wishes
    assert isinstance(grown, Grow)
    assert (len(grown.lesion), len(grown.around)) == (1, 1)
    assert len(grown.around[0]) == 2
    assert canvas.confirm()
    *_, last = watch.wishes
    assert last == Take()


def test_backspace_takes_seeds_back_and_without_one_of_the_lesion_nothing_is_grown(
    canvas: Canvas, watch: Watch
) -> None:
    canvas.choose_tool("seeds")
    click(canvas, 0.5, 0.5)
    click(canvas, 0.2, 0.2, RIGHT)
    canvas.step_back()
    *_, grown = watch.wishes
    assert isinstance(grown, Grow)
    assert grown.around == ()
    canvas.step_back()
    *_, last = watch.wishes
    assert last == Drop()
    assert not canvas.confirm()


def test_a_box_is_cut_out_between_its_corners(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("box")
    drag(canvas, (0.6, 0.7), (0.5, 0.5), (0.3, 0.2))
    (wish,) = watch.wishes
    assert isinstance(wish, CutOut)
    assert near(wish.a, 0.6, 0.7)
    assert near(wish.b, 0.3, 0.2)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert watch.wishes[-1] == Drop()


def test_a_box_without_a_size_is_dropped(canvas: Canvas, watch: Watch) -> None:
    canvas.choose_tool("box")
    click(canvas, 0.5, 0.5)
    assert watch.wishes == [Drop()]
    assert not canvas.confirm()


def test_a_read_only_project_lets_no_tool_wish_anything(canvas: Canvas, watch: Watch) -> None:
    canvas.set_editable(False)
    for name in canvas.tools:
        canvas.choose_tool(name)
        drag(canvas, (0.3, 0.3), (0.6, 0.3), (0.6, 0.6))
        assert not canvas.confirm()
    assert (watch.wishes, watch.begun, watch.pushed) == ([], [], [])
