"""The areas of the window that F6 goes through, so that the keyboard gets away from the picture, where Tab is taken."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from polypviewer.ui.actions import Layout
from polypviewer.ui.main_window import MainWindow


def areas(window: MainWindow) -> tuple[QWidget, ...]:
    """All areas of the layout that is on, in the order of F6; some may be folded away."""
    stage, workspace = window.stage, window.workspace
    if window.layout_now is Layout.TRAIN:
        return window.top, window.train, window.status
    below = workspace.transport if window.layout_now is Layout.VIDEO else workspace.strip
    floating = (stage.rail, stage.options, stage.view_bar, stage.view_panel, stage.legend, stage.compare)
    return (stage.canvas, *floating, window.panel, below, window.status, stage.message, window.top)


def go_to_area(window: MainWindow, step: int) -> None:
    """Move the focus to the next (1) or previous (-1) area in which something can take it."""
    places, here = areas(window), QApplication.focusWidget()
    now = next((n for n, area in enumerate(places) if here is not None and _holds(area, here)), -1 if step > 0 else 0)
    for count in range(1, len(places) + 1):
        target = first_target(places[(now + step * count) % len(places)])
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)
            return


def first_target(area: QWidget) -> QWidget | None:
    """What takes the focus in an area: the area itself or the first that can be seen in it, in the order of Tab."""
    if not area.isVisible():
        return None
    able = {widget for widget in (area, *area.findChildren(QWidget)) if _takes_focus(widget)}
    widget: QWidget | None = area
    while widget is not None and widget not in able:
        widget = widget.nextInFocusChain()
        if widget is area:
            return next(iter(able), None)
    return widget


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible() and widget.isEnabled()


def _holds(area: QWidget, widget: QWidget) -> bool:
    return area is widget or area.isAncestorOf(widget)
