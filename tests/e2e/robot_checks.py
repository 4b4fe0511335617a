"""What must hold while a robot works: no exception, no warning of Qt, no stalled window, no lost mask, steady memory.

Masks are held against two witnesses: what was last seen on the screen, and a shadow copy that replays every row of the
journal from blank frames, read from `local.db` by plain SQL; the stores are asked too, read-only.
"""

from __future__ import annotations

import sqlite3
import sys
import time
import traceback
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from polypviewer.core.command import inverse
from polypviewer.core.command_codec import decode_command
from polypviewer.core.draft import Draft
from polypviewer.core.identity import FrameRef
from polypviewer.core.label_map import LabelMap
from polypviewer.storage import open_project
from tests.e2e.hand import Hand
from tests.e2e.plan import telling
from tests.e2e.watchdog import Watchdog

SAMPLED_EVERY_S: Final = 60.0
SETTLED_AFTER_S: Final = 300.0
DRIFT: Final = 0.05
Seen = tuple[LabelMap, dict[str, str]]


class Oracle:
    """Collects `findings`; an empty list is a good run."""

    def __init__(self, hand: Hand, project: Path, watchdog: Watchdog, *, bar: float) -> None:
        self.bar = bar
        self.hand, self.project, self.watchdog = hand, project, watchdog
        self.findings: list[str] = []
        self.checks = 0
        self.memory: list[tuple[float, float]] = []
        self._widgets = 0
        self._looks: list[float] = []
        self._seen: dict[FrameRef, Seen] = {}
        self._shadow: dict[FrameRef, Draft] = {}
        self._sequence = 0
        self._shown: FrameRef | None = None
        self._started = time.monotonic()
        sys.excepthook = self._exception
        qInstallMessageHandler(self._qt_says)
        hand.session.message.connect(self._said)
        hand.session.frame_changed.connect(self._frame_came)
        hand.session.draft_changed.connect(self._draft_changed)
        hand.session.history_changed.connect(self._history_changed)

    # --- while it works ---

    def begin(self) -> None:
        """The first frame is there."""
        self._shown = self.hand.session.current
        self._widgets = len(QApplication.allWidgets())
        self.watchdog.longest.clear()
        self.remember()

    def remember(self) -> None:
        """What is on the screen now, and what the process holds: the median of each minute is kept.

        A single look may fall on a frame that is being decoded; what stays through a minute is what is held.
        """
        session = self.hand.session
        if session.draft is not None and not session.editing.is_drawing:
            self._seen[session.draft.frame] = session.draft.label_map.copy(), dict(session.draft.values)
        minutes = (time.monotonic() - self._started) / SAMPLED_EVERY_S
        self._looks.append(resident_megabytes())
        if minutes >= len(self.memory) + 1:
            self.memory.append((round(minutes, 2), float(np.median(self._looks))))
            self._looks.clear()

    def settle(self) -> None:
        """Until no frame is on its way and everything is on disk."""
        session = self.hand.session
        self.hand.until(
            lambda: session.current is not None and not session.navigation.is_under_way and not session.is_dirty,
            what="rest",
        )

    def reopen(self) -> None:
        """Close the project and open it again."""
        self.settle()
        self.remember()
        self.hand.session.close_project()
        self.hand.open(self.project)
        self.settle()

    def check(self) -> None:
        """Hold the masks against both witnesses."""
        self.settle()
        self.remember()
        self.checks += 1
        touched = self._replay()
        store = open_project(self.project, reader=self.hand.session.settings.reader, read_only=True)
        try:
            for ref in touched | ({self._shown} if self._shown else set()):
                stored = store.load_draft(ref)
                shadow = self._shadow_of(ref, stored.label_map)
                self._compare(ref, "the stores", (stored.label_map, stored.values), (shadow.label_map, shadow.values))
                if ref in self._seen:
                    self._compare(ref, "the screen", self._seen[ref], (shadow.label_map, shadow.values))
        finally:
            store.close()

    def finish(self) -> None:
        """Close the window, open another one, and compare every frame that was ever seen."""
        if not self.findings:
            self.check()
            self.reopen()
            for ref in list(self.hand.session.frames):
                self.hand.session.go_to(ref)
                self.hand.until(lambda ref=ref: self.hand.session.current == ref, what="a frame")  # type: ignore[misc] # bound at once
        self.findings += [str(handled) for handled in self.watchdog.stalls(self.bar)]
        self._check_memory()
        self._check_widgets()
        self.hand.close()

    def report(self) -> dict[str, object]:
        """For the JSON line."""
        return {
            "events": self.watchdog.events,
            "checks": self.checks,
            "journal_rows": self._sequence,
            "longest_handlers": [str(handled) for handled in self.watchdog.longest[:5]],
            "longest_repaints": [str(handled) for handled in self.watchdog.repaints[:3]],
            "memory_mb": self.memory,
            "findings": self.findings,
        }

    # --- witnesses ---

    def _frame_came(self, ref: FrameRef) -> None:
        """A frame is back on the screen as it was when it left."""
        with self.watchdog.apart():
            self._shown = ref
            draft = self.hand.session.draft
            if draft is not None and ref in self._seen and not self.hand.session.editing.is_drawing:
                self._compare(ref, "the frame that came back", (draft.label_map, draft.values), self._seen[ref])

    def _draft_changed(self, _ref: FrameRef) -> None:
        """Also when a frame goes with the button down: the stroke in the air is released then."""
        with self.watchdog.apart():
            self.remember()

    def _history_changed(self) -> None:
        """A step may change frames that are not on the screen: what was seen of them counts no more."""
        history = self.hand.session.history
        for command in (history.last_done, history.last_undone):
            for ref in set(command.frames if command is not None else ()) - {self.hand.session.current}:
                self._seen.pop(ref, None)

    def _replay(self) -> set[FrameRef]:
        """Bring the shadow up to date; the frames that changed."""
        place = f"{(self.project / 'local.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(place, uri=True)) as journal:
            rows = journal.execute(
                "SELECT sequence, action, payload FROM journal WHERE sequence > ? ORDER BY sequence", (self._sequence,)
            ).fetchall()
        touched: set[FrameRef] = set()
        for sequence, action, payload in rows:
            command = decode_command(payload)
            for change in inverse(command) if action == "undo" else command.changes:
                size = self._seen[change.frame][0] if change.frame in self._seen else None
                self._shadow_of(change.frame, size).apply(change)
            touched |= set(command.frames)
            self._sequence = sequence
        return touched

    def _shadow_of(self, ref: FrameRef, like: LabelMap | None) -> Draft:
        if ref not in self._shadow:
            if like is None:
                item = self.hand.session.frames.item(ref.media_id)
                assert item is not None
                like = np.zeros((item.height, item.width), np.uint8)
            self._shadow[ref] = Draft(ref, np.zeros_like(like))
        return self._shadow[ref]

    def _compare(self, ref: FrameRef, what: str, found: Seen, wanted: Seen) -> None:
        number = self.hand.session.frames.index(ref)
        if not np.array_equal(found[0], wanted[0]):
            count = int((found[0] != wanted[0]).sum()) if found[0].shape == wanted[0].shape else -1
            self.findings.append(f"{self.watchdog.doing}: frame {number}: {what} differs in {count} pixels")
        elif telling(found[1]) != telling(wanted[1]):
            self.findings.append(f"{self.watchdog.doing}: frame {number}: {what}: {found[1]} is not {wanted[1]}")

    # --- what is said ---

    def _said(self, message: object) -> None:
        level, code = getattr(message, "level", ""), getattr(message, "code", "")
        if level == "error":
            self.findings.append(f"{self.watchdog.doing}: {code}: {getattr(message, 'sentence', '')} "
                                 f"{getattr(message, 'details', '')}")  # fmt: skip

    def found(self, error: BaseException) -> None:
        """An error that nobody expected."""
        self.findings.append(f"{self.watchdog.doing}: " + "".join(traceback.format_exception(error)))

    def _exception(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        self.found(error)

    def _qt_says(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and kind is not QtMsgType.QtInfoMsg:
            self.findings.append(f"{self.watchdog.doing}: Qt says: {text}")

    def _check_widgets(self) -> None:
        """Dialogs and rows that nobody needs any more are gone; an hour of them made every change of text slower."""
        count = len(QApplication.allWidgets())
        if count > 2 * self._widgets:
            self.findings.append(f"widgets pile up: {self._widgets} at the beginning, {count} at the end")

    def _check_memory(self) -> None:
        settled = [megabytes for minutes, megabytes in self.memory if minutes * SAMPLED_EVERY_S >= SETTLED_AFTER_S]
        if settled and max(abs(megabytes / settled[0] - 1) for megabytes in settled) > DRIFT:
            self.findings.append(f"memory drifts: {settled[0]:.0f} MB after five minutes, then {settled[1:]}")


def resident_megabytes() -> float:
    """What this process holds in memory."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return round(pages * 4096 / 1e6, 1)
