"""The real window at work on one frame until it is killed: `python -m tests.e2e.window_child PROJECT SEED STEPS`.

Says on stdout, after each stroke, undo, redo or decision made with real events: `state N DIGEST` (of the label map that
the window holds) and, when all of it is said to be saved, `kept N`. After the last step it stays open for a while.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from polypviewer.core.label_map import LabelMap
from tests.e2e.hand import Hand

STEPS = 300
STAYS = 60.0
"""Seconds that the window waits to be killed once its work is done."""


def digest(label_map: LabelMap) -> str:
    """A short digest of the pixels."""
    return hashlib.sha256(label_map.tobytes()).hexdigest()[:16]


def work(project: Path, seed: int, steps: int) -> None:
    """Open the project in the window and work."""
    application = QApplication([])
    hand = Hand(width=1000, height=700)
    hand.open(project)
    rng = random.Random(seed)
    told = 0

    def kept() -> None:
        if not hand.session.is_dirty:
            say(f"kept {told}")

    hand.session.saved.connect(kept)
    hand.key(Qt.Key.Key_B)
    say("ready")
    for number in range(1, steps + 1):
        act(hand, rng)
        told = number
        assert hand.session.draft is not None
        say(f"state {number} {digest(hand.session.draft.label_map)}")
        hand.rest(rng.uniform(0.0, 0.03))
    hand.rest(STAYS)
    hand.close()
    application.quit()


def act(hand: Hand, rng: random.Random) -> None:
    """One thing with the mouse or a key."""
    kind = rng.choices(["stroke", "undo", "redo", "accept"], [10, 3, 2, 2])[0]
    if kind == "stroke":
        button = rng.choice([Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
        hand.drag([(rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)) for _ in range(3)], button=button)
    elif kind == "accept":
        hand.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    else:
        hand.key(Qt.Key.Key_Z if kind == "undo" else Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    hand.until(lambda: not hand.session.navigation.is_under_way, what="the frame")


def say(line: str) -> None:
    """One line to whoever watches, at once."""
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
