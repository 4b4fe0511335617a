"""Frozen dataclasses from plain values (TOML, JSON, the command line): every name known, every value of its type."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, cast, get_args, get_origin

from trainer.errors import DataError

T = TypeVar("T")


def read_values(kind: type[T], values: Mapping[str, object], *, where: str) -> T:
    """A `kind` (a dataclass) from a mapping; lists become tuples, mappings the dataclasses that its fields ask for.

    Raises DataError for a name that `kind` does not have (with the nearest ones), a missing value or a wrong type.
    """
    fields = {item.name: item for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(kind)
    below = {inner: f"{name}.{inner}" for name, hint in hints.items() for inner in _names(hint)}
    for name in values:
        require_known(name, fields, where=where, below=below)
    missing = [item.name for item in fields.values() if _is_required(item) and item.name not in values]
    if missing:
        raise DataError("recipe.missing_value", f"{where} says nothing about '{missing[0]}'.", "Add it.")
    made = {name: _value(hints[name], value, where=f"{where}, {name}") for name, value in values.items()}
    return kind(**made)


def require_known(
    name: str, known: Iterable[str], *, where: str, below: Mapping[str, str] = types.MappingProxyType({})
) -> None:
    """Raises DataError, naming the nearest of `known`, when `name` is not one of them.

    `below`: names one table further down, with their dotted names.
    """
    names = list(known)
    if name in names:
        return
    near = difflib.get_close_matches(name, [*names, *below], n=3, cutoff=0.4) or sorted(names)
    near = [close if close in names else below[close] for close in near]
    raise DataError(
        "recipe.unknown", f"{where}: there is no '{name}'.", f"Nearest are: {', '.join(near)}; correct the name."
    )


def with_setting(values: Mapping[str, object], setting: str) -> dict[str, object]:
    """A copy of `values` where `name=value` or `table.name=value` holds; the value is TOML, or else a plain word.

    A number between dots counts in a list, from 0: `stages.1.rate=1e-4`. Raises DataError when it is no setting.
    """
    path, equals, text = setting.partition("=")
    if not equals or not path.strip():
        raise DataError("recipe.setting", f"'{setting}' is no setting.", "Write it as NAME=VALUE.")
    return cast("dict[str, object]", _placed(values, path.strip().split("."), _parsed(text.strip()), setting))


def _parsed(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _placed(values: object, path: Sequence[str], value: object, setting: str) -> object:
    if not path:
        return value
    name, rest = path[0], path[1:]
    if isinstance(values, Mapping):
        return {**values, name: _placed(values.get(name, {}), rest, value, setting)}
    if isinstance(values, list | tuple) and name.isdecimal() and int(name) < len(values):
        changed = list(values)
        changed[int(name)] = _placed(changed[int(name)], rest, value, setting)
        return changed
    raise DataError("recipe.setting", f"'{setting}' names no place in the recipe.", "Look at the recipe's file.")


def _names(hint: object) -> list[str]:
    return [item.name for item in dataclasses.fields(hint)] if dataclasses.is_dataclass(hint) else []


def _is_required(item: dataclasses.Field[object]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING


def _value(hint: object, value: object, *, where: str) -> object:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _value(arguments[0], value, where=where)
    if origin is tuple and isinstance(value, list | tuple):
        return _sequence(arguments, value, where=where)
    if origin is not None and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return {str(name): _value(arguments[1], item, where=f"{where}, {name}") for name, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return read_values(cast("type[object]", hint), value, where=where)
    return _plain(hint, value, where=where)


def _sequence(arguments: tuple[object, ...], value: Sequence[object], *, where: str) -> tuple[object, ...]:
    hints = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
    if len(hints) != len(value):
        raise DataError("recipe.value", f"{where}: {len(hints)} values are wanted, not {len(value)}.", "Correct it.")
    return tuple(
        _value(hint, item, where=f"{where}, {n}") for n, (hint, item) in enumerate(zip(hints, value, strict=True))
    )


def _plain(hint: object, value: object, *, where: str) -> object:
    if hint is object:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    wanted = {float: "a number", int: "a whole number", bool: "true or false", str: "a word"}
    word = wanted.get(cast("type", hint), "a list" if get_origin(hint) is tuple else "a table")
    raise DataError("recipe.value", f"{where}: {value!r} is not {word}.", "Correct the value.")
