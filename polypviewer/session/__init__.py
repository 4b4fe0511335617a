"""The running application without windows: one open project, its lanes, edits, proposals and trainings."""

from polypviewer.session.bool_references import hold_true_and_false

hold_true_and_false()
