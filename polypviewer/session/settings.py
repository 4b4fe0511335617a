"""Settings: one table with scope machine, reader or project. Machine and reader in a TOML file, project in its store.

The file is `settings.toml` in the folder of platformdirs, or in `POLYPVIEWER_HOME`. A file that cannot be read is
kept aside and the defaults hold: settings never stop the program.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import platformdirs
import tomlkit
from tomlkit.exceptions import TOMLKitError

from polypviewer.core.errors import SettingsError

Scope = Literal["machine", "reader", "project"]
Value = str | int | float | bool

HOME_VARIABLE: Final = "POLYPVIEWER_HOME"


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting: where it holds, what it is unless somebody says otherwise, and what it may be."""

    scope: Scope
    default: Value
    choices: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None


TABLE: Final[dict[str, SettingRow]] = {
    "reader": SettingRow("machine", ""),
    "device": SettingRow("machine", "auto", ("auto", "cpu", "cuda")),
    "engine": SettingRow("machine", "auto", ("auto", "always", "never")),
    "threads": SettingRow("machine", 0, lowest=0, highest=256),
    "recent": SettingRow("machine", ""),
    "window_place": SettingRow("machine", ""),
    "theme": SettingRow("reader", "dark", ("dark", "light", "contrast")),
    "text_percent": SettingRow("reader", 100, lowest=80, highest=200),
    "key_preset": SettingRow("reader", "polypviewer", ("polypviewer", "cvat")),
    "own_keys": SettingRow("reader", ""),
    "overlay_opacity": SettingRow("reader", 0.18, lowest=0.0, highest=1.0),
    "overlay_outline": SettingRow("reader", False),
    "show_crosshair": SettingRow("reader", False),
    "show_grid": SettingRow("reader", True),
    "show_mini_map": SettingRow("reader", True),
    "show_field": SettingRow("reader", True),
    "brush_radius": SettingRow("reader", 12.0, lowest=0.5, highest=500.0),
    "brush_square": SettingRow("reader", False),
    "brush_edge_aware": SettingRow("reader", False),
    "brush_edge": SettingRow("reader", 0.5, lowest=0.0, highest=1.0),
    "pen_pressure": SettingRow("reader", True),
    "wand_tolerance": SettingRow("reader", 8.0, lowest=0.0, highest=100.0),
    "wand_contiguous": SettingRow("reader", True),
    "propose_on_show": SettingRow("reader", True),
    "paint_outside": SettingRow("reader", False),
    "enhancement": SettingRow("reader", ""),
    "enhanced": SettingRow("reader", False),
    "threshold": SettingRow("project", 0.0, lowest=0.0, highest=1.0),
    "finetune_steps": SettingRow("project", 200, lowest=1, highest=100_000),
    "finetune_holdout": SettingRow("project", 0.3, lowest=0.0, highest=0.9),
    "silence_seconds": SettingRow("machine", 300.0, lowest=1.0, highest=86_400.0),
    "undo_megabytes": SettingRow("machine", 256, lowest=1, highest=65_536),
}


def home_folder() -> Path:
    """Where this user's settings, models, logs and demo project live; not made by asking."""
    told = os.environ.get(HOME_VARIABLE)
    return Path(told) if told else Path(platformdirs.user_data_dir("polypviewer", appauthor=False))


def checked(name: str, value: Value) -> Value:
    """The value in the setting's type. Raises `SettingsError` for an unknown name or a value that does not fit."""
    row = TABLE.get(name)
    if row is None:
        raise SettingsError("settings.unknown", name=name)
    wanted = type(row.default)
    if isinstance(value, bool) != (wanted is bool) or (wanted is str) != isinstance(value, str):
        raise SettingsError("settings.value", name=name, value=value)
    if row.choices and value not in row.choices:
        raise SettingsError("settings.choice", name=name, value=value, choices=", ".join(row.choices))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        too_low = row.lowest is not None and value < row.lowest
        if too_low or (row.highest is not None and value > row.highest):
            raise SettingsError("settings.range", name=name, value=value, lowest=row.lowest, highest=row.highest)
        return wanted(value)
    return value


class Settings:
    """Machine and reader settings in one file; project settings in the values that an open project lends."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or home_folder()) / "settings.toml"
        self._document = _read(self._path)
        self.reader = str(self.get("reader"))
        self.project: dict[str, Value] = {}

    def get(self, name: str) -> Value:
        """The value of a setting, its default where nobody set it. Raises `SettingsError` for an unknown name."""
        if name not in TABLE:
            raise SettingsError("settings.unknown", name=name)
        row = TABLE[name]
        stored = self.project.get(name) if row.scope == "project" else self._section(row.scope).get(name)
        if stored is None:
            return row.default
        with contextlib.suppress(SettingsError):
            return checked(name, stored)
        return row.default

    def number(self, name: str) -> float:
        """A number setting."""
        value = self.get(name)
        return float(value)

    def text(self, name: str) -> str:
        """A text setting."""
        return str(self.get(name))

    def set(self, name: str, value: Value) -> None:
        """Change a setting and write the file. Project settings: see `Session.set_setting`. Raises `SettingsError`."""
        value = checked(name, value)
        scope = TABLE[name].scope
        if scope == "project":
            self.project[name] = value
            return
        section = self._section(scope)
        section[name] = value
        tables = self._document.setdefault(scope, {})
        if scope == "reader":
            tables.setdefault(self.reader or "default", {})[name] = value
        else:
            tables[name] = value
        self._write()

    def take_project(self, texts: Mapping[str, str]) -> None:
        """The settings of the project that was opened, as its store keeps them: texts."""
        self.project = {}
        for name, text in texts.items():
            if name in TABLE and TABLE[name].scope == "project":
                with contextlib.suppress(SettingsError, ValueError):
                    self.project[name] = checked(name, type(TABLE[name].default)(text))

    def _section(self, scope: Scope) -> dict[str, Value]:
        section = self._document.get(scope, {})
        if scope == "reader":
            section = section.get(getattr(self, "reader", "") or "default", {})
        return {str(name): value for name, value in section.items()}

    def _write(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_suffix(".toml.new")
            beside.write_text(tomlkit.dumps(self._document), "utf-8")
            beside.replace(self._path)
        except OSError as error:
            raise SettingsError("settings.write", path=self._path, reason=error.strerror or error) from error


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".toml.broken"))
        return tomlkit.document()
