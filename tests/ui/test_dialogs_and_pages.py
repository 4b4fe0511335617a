from pathlib import Path, PurePath
from uuid import uuid4

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from polypviewer.core.command import Command, ValueChange
from polypviewer.core.history import History
from polypviewer.core.identity import FrameRef
from polypviewer.segmentation import load_bundle
from polypviewer.session.values import DicePoint, FrameDice, GateVerdict, LossPoint, TrainingPhase, TrainingState
from polypviewer.ui.actions import Preset
from polypviewer.ui.dialogs import ExamRuleDialog, FirstStartDialog
from polypviewer.ui.history_page import history_lines
from polypviewer.ui.main_window import MainWindow
from polypviewer.ui.model_page import DeviceView, ModelLine
from polypviewer.ui.train_cards import TrainingPlan
from polypviewer.ui.train_page import HeldOutFrame
from polypviewer.ui.wire_models import model_line
from tests.segmentation.tiny_bundles import write_bundle


def test_the_first_start_wants_a_name_and_returns_it_with_the_keys(qtbot: QtBot) -> None:
    dialog = FirstStartDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.accept_button.isEnabled()
    QTest.keyClicks(dialog.name, " Anna Berg ")
    QTest.mouseClick(dialog.cvat_keys, Qt.MouseButton.LeftButton, pos=dialog.cvat_keys.rect().center())
    dialog.cvat_keys.setChecked(True)
    assert dialog.accept_button.isEnabled()
    assert dialog.choice.name == "Anna Berg"
    assert dialog.choice.preset is Preset.CVAT


FILES = [PurePath(f"/x/{folder}/{patient}_{n}.png") for folder in "ab" for patient in ("p1", "p2") for n in range(3)]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("folder", ("a: 6 files", "b: 6 files")),
        ("pattern", ("p1: 6 files", "p2: 6 files")),
        ("unknown", ()),
    ],
)
def test_the_exam_rule_shows_what_it_would_do(qtbot: QtBot, kind: str, lines: tuple[str, ...]) -> None:
    dialog = ExamRuleDialog(FILES)
    qtbot.addWidget(dialog)
    dialog.buttons[kind].setChecked(True)
    assert dialog.preview_lines == lines
    assert dialog.rule is not None
    assert dialog.rule.kind == kind


def test_a_pattern_that_cannot_group_cannot_be_chosen(qtbot: QtBot) -> None:
    dialog = ExamRuleDialog(FILES)
    qtbot.addWidget(dialog)
    dialog.buttons["pattern"].setChecked(True)
    dialog.pattern.setText("p[")
    assert dialog.rule is None
    assert not dialog.accept_button.isEnabled()
    dialog.pattern.setText(r"^(p\d)")
    assert dialog.accept_button.isEnabled()


def command(kind: str) -> Command:
    ref = FrameRef(uuid4(), 0)
    return Command(uuid4(), uuid4(), kind, (ValueChange(ref, "decision", None, "accepted"),))


def test_the_history_says_how_many_steps_lead_to_each_point() -> None:
    history = History()
    for kind in ("stroke", "erase", "accept"):
        history.push(command(kind))
    history.undo()
    lines = history_lines(history, lambda _ref: "M-1")
    assert [(line.text, line.steps, line.undone) for line in lines] == [
        ("Accepted", -1, True),
        ("Erased", 0, False),
        ("Painted", 1, False),
    ]


def test_the_model_page_switches_and_switches_back(window: MainWindow, qtbot: QtBot) -> None:
    page = window.panel.model
    window.show_page(page)
    lines = (ModelLine("a", "polyp-fast 1.0", is_active=True), ModelLine("b", "run 5", is_active=False))
    page.show_models(lines, previous="b")
    rows = [b for b in page.findChildren(QPushButton) if b.property("digest")]
    with qtbot.waitSignal(page.bundle_wished) as wished:
        QTest.mouseClick(rows[1], Qt.MouseButton.LeftButton)
    assert wished.args == ["b"]
    with qtbot.waitSignal(page.bundle_wished) as wished:
        QTest.mouseClick(page.back, Qt.MouseButton.LeftButton)
    assert wished.args == ["b"]
    page.show_models(lines, previous=None)
    assert not page.back.isEnabled()


def stated(name: str, value: float, on: str) -> dict[str, object]:
    return {"name": name, "value": value, "interval": None, "on": on, "frames": 9}


def test_a_model_shows_the_mean_over_all_sets_that_judged_it_and_each_of_them(tmp_path: Path) -> None:
    metrics = [
        stated("per_image_dice", 0.8, "C1"), stated("per_image_iou", 0.7, "C1"), stated("per_image_dice", 0.6, "C4"),
        stated("mean_over_sequences_dice", 0.1, "the sequences of C4"),
    ]  # fmt: skip
    line = model_line(load_bundle(write_bundle(tmp_path / "several", metrics=metrics)), active=False)
    assert line.dice == pytest.approx(0.7)
    assert line.measured_on.splitlines() == ["Mean over 2 sets of frames:", "Dice 0.800 on C1", "Dice 0.600 on C4"]
    one = model_line(load_bundle(write_bundle(tmp_path / "one", metrics=metrics[:1])), active=False)
    assert (one.dice, one.measured_on) == (0.8, "Dice 0.800 on C1")
    none = model_line(load_bundle(write_bundle(tmp_path / "none", metrics=[])), active=False)
    assert (none.dice, none.measured_on) == (None, "")


def test_the_device_that_really_runs_is_named(window: MainWindow) -> None:
    window.show_page(window.panel.model)
    window.panel.model.show_device(DeviceView("auto", "cpu", "two cores", 21.4, "no CUDA here"))
    texts = [w.text() for w in window.panel.model.findChildren(type(window.panel.model._reason))]
    assert {"CPU", "21 ms", "no CUDA here"} <= set(texts)


def running_state() -> TrainingState:
    return TrainingState(
        phase=TrainingPhase.RUNNING,
        device="cpu",
        step=40,
        steps=200,
        seconds_left=125.0,
        losses=tuple(LossPoint(step, 1 / step) for step in range(1, 41)),
        dices=(DicePoint(20, 0.7, 0.6), DicePoint(40, 0.8, None)),
        baseline_dice=0.741,
        per_frame=tuple(FrameDice(f"f{n}", "E-1", 0.7, 0.8) for n in range(7)),
    )


def test_a_running_training_shows_curves_time_left_and_stop(window: MainWindow, qtbot: QtBot) -> None:
    window.do("train")
    page = window.train
    page.show_plan(TrainingPlan(polyp_frames=3, model="polyp-fast 1.0", device="CPU", steps=200, holdout=0.3))
    assert page.plan.button.isEnabled()
    page.show_state(running_state())
    assert page.run.title.text() == "Training · step 40 of 200 · 2 min 05 s left · CPU"
    assert page.run.dice.values_of("holdout") == [0.6]
    assert page.run.dice.values_of("train") == [0.7, 0.8]
    assert len(page.run.loss.values_of("loss")) == 40
    assert page.run.stop.isVisible()
    assert not page.plan.button.isEnabled()
    with qtbot.waitSignal(window.wished) as wished:
        QTest.mouseClick(page.run.stop, Qt.MouseButton.LeftButton)
    assert wished.args == ["stop_training"]


def test_a_failed_training_says_why_and_what_to_do(window: MainWindow) -> None:
    window.do("train")
    state = TrainingState(phase=TrainingPhase.FAILED, error="The trainer ended.", cure="Try fewer frames.")
    window.train.show_state(state)
    assert window.train.run._error.text() == "The trainer ended. Try fewer frames."
    assert not window.train.run.stop.isVisible()


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (None, "Nothing has been judged yet."),
        (GateVerdict("passes", (), (0.03, 0.09), 6, 59), "Passes"),
        (GateVerdict("not enough evidence", ("only 2 exams",)), "only 2 exams"),
    ],
)
def test_the_gate_says_its_verdict_in_words(window: MainWindow, gate: GateVerdict | None, words: str) -> None:
    window.train.show_state(TrainingState(phase=TrainingPhase.DONE, gate=gate))
    assert words in window.train.gate._verdict.text()


def test_at_most_five_held_out_frames_are_shown(window: MainWindow) -> None:
    window.do("train")
    picture = np.zeros((60, 80, 3), np.uint8)
    window.train.frames.show_frames(tuple(HeldOutFrame(dice, picture) for dice in running_state().per_frame))
    assert len(window.train.frames._tiles) == 6  # five and the spring behind them


def test_nothing_can_be_trained_before_something_is_decided(window: MainWindow) -> None:
    window.do("train")
    window.train.show_plan(TrainingPlan(model="polyp-fast 1.0"))
    assert not window.train.plan.button.isEnabled()
    assert "Decide some frames first" in window.train.plan._why.text()
