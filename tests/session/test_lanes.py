"""Lanes: answers come home on the owner's thread, the latest counts, errors never vanish, no thread stays behind."""

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from polypviewer.session.lanes import PATIENT, Lane


@pytest.fixture
def lane(qtbot: QtBot) -> Iterator[Lane]:
    made = Lane("test")
    yield made
    made.close()


def test_an_answer_comes_home_on_the_thread_that_owns_the_lane(lane: Lane, qtbot: QtBot) -> None:
    seen: list[tuple[int, bool]] = []
    worker: list[int] = []

    def work() -> int:
        worker.append(threading.get_ident())
        return 41 + 1

    lane.submit(work, on_done=lambda value: seen.append((value, threading.get_ident() == worker[0])))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(42, False)]
    assert lane.thread() is QThread.currentThread()


def test_jobs_run_one_at_a_time_in_the_order_they_were_given(lane: Lane, qtbot: QtBot) -> None:
    order: list[int] = []
    for number in range(20):
        lane.submit(order.append, number)
    done: list[bool] = []
    lane.submit(lambda: None, on_done=lambda _: done.append(True))
    qtbot.waitUntil(lambda: bool(done))
    assert order == list(range(20))


def test_of_jobs_with_one_key_only_the_latest_answers(lane: Lane, qtbot: QtBot) -> None:
    gate = threading.Event()
    lane.submit(gate.wait)
    answers: list[int] = []
    ran: list[int] = []

    def ran_and_said(number: int) -> int:
        ran.append(number)
        return number

    for number in range(5):
        lane.submit(ran_and_said, number, on_done=answers.append, key="show")
    gate.set()
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [4]
    assert ran == [4]


def test_an_answer_that_became_stale_while_it_was_worked_out_is_dropped(lane: Lane, qtbot: QtBot) -> None:
    gate = threading.Event()
    answers: list[str] = []
    lane.submit(lambda: (gate.wait(), "old")[1], on_done=answers.append, key="show")
    time.sleep(0.05)
    lane.submit(lambda: "new", on_done=answers.append, key="show")
    gate.set()
    qtbot.waitUntil(lambda: bool(answers))
    qtbot.wait(50)
    assert answers == ["new"]


def test_an_urgent_job_goes_before_patient_ones(lane: Lane, qtbot: QtBot) -> None:
    gate = threading.Event()
    lane.submit(gate.wait)
    order: list[str] = []
    for number in range(3):
        lane.submit(order.append, f"patient {number}", rank=PATIENT)
    done: list[bool] = []
    lane.submit(order.append, "urgent")
    lane.submit(lambda: None, on_done=lambda _: done.append(True), rank=PATIENT)
    gate.set()
    qtbot.waitUntil(lambda: bool(done))
    assert order == ["urgent", "patient 0", "patient 1", "patient 2"]


def test_an_error_goes_to_whoever_asked_and_otherwise_to_the_lane(lane: Lane, qtbot: QtBot) -> None:
    def fail() -> None:
        raise OSError("disk full")

    told: list[Exception] = []
    lane.submit(fail, on_error=told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert str(told[0]) == "disk full"
    with qtbot.waitSignal(lane.failed) as failed:
        lane.submit(fail)
    assert failed.args is not None
    assert str(failed.args[0]) == "disk full"


def test_a_lane_goes_on_after_an_error(lane: Lane, qtbot: QtBot) -> None:
    errors: list[Exception] = []
    answers: list[int] = []
    lane.submit(lambda: 1 // 0, on_error=errors.append)
    lane.submit(lambda: 7, on_done=answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert len(errors) == 1


def slowly(number: int) -> int:
    time.sleep(0.005)
    return number


def test_closing_with_finish_does_every_waiting_job_and_hands_out_every_answer(qtbot: QtBot) -> None:
    lane = Lane("disk")
    answers: list[int] = []
    for number in range(10):
        lane.submit(slowly, number, on_done=answers.append)
    lane.close(finish=True)
    assert answers == list(range(10))


def test_closing_without_finish_drops_what_waits(qtbot: QtBot) -> None:
    lane = Lane("infer")
    started = threading.Event()

    def slow() -> None:
        started.set()
        time.sleep(0.05)

    lane.submit(slow)
    answers: list[int] = []
    lane.submit(lambda: 1, on_done=answers.append)
    started.wait()
    lane.close()
    assert answers == []
    lane.submit(lambda: 2, on_done=answers.append)
    assert answers == []


def test_another_lane_may_wait_for_an_answer(lane: Lane, qtbot: QtBot) -> None:
    other = Lane("work")
    answers: list[int] = []
    other.submit(lambda: lane.call(pow, 2, 10), on_done=answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    other.close()
    assert answers == [1024]


def test_whoever_waits_gets_the_error_and_is_refused_once_the_lane_is_closed(lane: Lane, qtbot: QtBot) -> None:
    other = Lane("work")
    errors: list[Exception] = []
    other.submit(lambda: lane.call(lambda: 1 // 0), on_error=errors.append)
    qtbot.waitUntil(lambda: len(errors) == 1)
    lane.close()
    other.submit(lambda: lane.call(lambda: 1), on_error=errors.append)
    qtbot.waitUntil(lambda: len(errors) == 2)
    other.close()
    assert isinstance(errors[0], ZeroDivisionError)
    assert isinstance(errors[1], RuntimeError)


def test_catching_up_hands_out_what_is_done_and_waits_no_longer_than_asked(lane: Lane, qtbot: QtBot) -> None:
    answers: list[int] = []
    may_go_on = threading.Event()
    lane.submit(lambda: 1, on_done=answers.append)
    assert lane.catch_up(20)
    assert answers == [1]
    lane.submit(lambda: 2 if may_go_on.wait(20) else 0, on_done=answers.append)
    assert not lane.catch_up(0.01)
    assert answers == [1]
    may_go_on.set()
    qtbot.waitUntil(lambda: answers == [1, 2])
