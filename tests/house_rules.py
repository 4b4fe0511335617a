"""The rules of the house that no linter knows, as functions from one source text to the list of what breaks them."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

__all__ = [
    "FILE_LINES",
    "banned_name",
    "eager_imports",
    "leftovers",
    "lengths",
    "outside_qt",
]

FILE_LINES = 400
CLASS_LINES = 250
WINDOW_LINES = 300
FUNCTION_LINES = 50

BANNED_NAMES = re.compile(r"(?:^|_)(utils?|helpers?|managers?|controllers?|common|misc)(?:_|$)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:" + "work" + r"|root|home/\w+|Users/\w+)/")
LEFTOVER = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + r"XX)\b")

QT_OF_ROOM = {
    "session": {"QtCore"},
    "ui": {"QtCore", "QtGui", "QtWidgets", "QtSvg", "QtSvgWidgets", "QtNetwork", "QtOpenGLWidgets", "QtOpenGL"},
    "app": {"QtCore", "QtGui", "QtWidgets"},
}
"""The Qt modules that each part of the application may import; every other part: none."""


def lengths(source: str) -> list[str]:
    """Files, classes and functions that are longer than the house allows."""
    found = []
    count = len(source.splitlines())
    if count > FILE_LINES:
        found.append(f"file of {count} lines (at most {FILE_LINES})")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            limit = _limit(node)
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > limit:
                found.append(f"line {node.lineno}: {node.name} has {size} lines (at most {limit})")
    return found


def _limit(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    if not isinstance(node, ast.ClassDef):
        return FUNCTION_LINES
    return WINDOW_LINES if node.name == "MainWindow" else CLASS_LINES


def banned_name(path: PurePosixPath) -> str | None:
    """The word in a module's path that says nothing about this field, or None. `path` is relative to the checkout."""
    for part in (*path.parent.parts, path.stem):
        match = BANNED_NAMES.search(part)
        if match is not None:
            return match.group(1)
    return None


def leftovers(source: str) -> list[str]:
    """Lines that name a path of somebody's machine, or say that something is still to be done."""
    found = []
    for number, line in enumerate(source.splitlines(), start=1):
        if MACHINE_PATH.search(line):
            found.append(f"line {number}: path of one machine")
        if LEFTOVER.search(line):
            found.append(f"line {number}: unfinished work")
    return found


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every imported module or member below `tree`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def outside_qt(source: str, *, part: str) -> list[str]:
    """Imports of Qt modules that `part` ("session", "ui", "cli", ...) of the application may not know."""
    allowed = QT_OF_ROOM.get(part, set())
    found = []
    for line, name in imports(ast.parse(source)):
        library, _, rest = name.partition(".")
        if library == "PySide6" and rest.partition(".")[0] not in allowed:
            found.append(f"line {line}: {name} in {part}")
    return found


def eager_imports(source: str, *, banned: tuple[str, ...]) -> list[str]:
    """Imports that run when the module is imported (outside every function) of a name below one of `banned`."""
    found: list[str] = []
    pending: list[ast.stmt] = list(ast.parse(source).body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or _only_for_types(node):
            continue
        pending.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.extend(
                f"line {line}: {name}"
                for line, name in imports(node)
                if any(name == b or name.startswith(f"{b}.") for b in banned)
            )
    return found


def _only_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
