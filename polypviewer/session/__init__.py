"""The running application without windows: one open project, its lanes, edits, proposals and trainings."""
