"""One job at a time, the last wish next: what a slider shows while it moves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event

import pytest
from pytestqt.qtbot import QtBot

from polypviewer.session.lanes import Lane
from polypviewer.session.latest import Latest


@pytest.fixture
def lane(qtbot: QtBot) -> Iterator[Lane]:
    made = Lane("test")
    yield made
    made.close()


def waiting(gate: Event, number: int) -> int:
    gate.wait(10)
    return number


def unexpected(error: Exception) -> None:
    raise error


def refusing() -> int:
    raise ValueError("no")


def test_the_answer_under_way_is_shown_and_of_the_wishes_behind_it_the_last(lane: Lane, qtbot: QtBot) -> None:
    shown: list[int] = []
    gate = Event()
    latest = Latest[int](lane, shown.append, failed=unexpected)
    for number in range(5):
        latest.ask(partial(waiting, gate, number))
    gate.set()
    qtbot.waitUntil(lambda: shown == [0, 4])


def test_what_is_forgotten_never_comes_and_the_next_wish_does(lane: Lane, qtbot: QtBot) -> None:
    shown: list[int] = []
    gate = Event()
    latest = Latest[int](lane, shown.append, failed=unexpected)
    latest.ask(partial(waiting, gate, 1))
    latest.ask(partial(waiting, gate, 2))
    latest.forget()
    latest.ask(partial(waiting, gate, 3))
    gate.set()
    qtbot.waitUntil(lambda: shown == [3])


def test_an_error_is_told_and_does_not_stop_what_follows(lane: Lane, qtbot: QtBot) -> None:
    shown: list[int] = []
    told: list[Exception] = []
    latest = Latest[int](lane, shown.append, failed=told.append)
    latest.ask(refusing)
    qtbot.waitUntil(lambda: len(told) == 1)
    latest.ask(lambda: 7)
    qtbot.waitUntil(lambda: shown == [7])
