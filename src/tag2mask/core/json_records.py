"""Results as frozen dataclasses, written to and read from JSON in this place only.

A field without a default is always written, None as null, and must be there when it is read. A
field with a default is left out where it has that value. A field with the metadata `FLAT` is a
group of keys: its dataclass has no object of its own in the JSON. Keys that no field has are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text

T = TypeVar("T")

VERSION = 1
"""Of the form of all records; raised when a reader of this version could not read the new form."""

VERSION_KEY = "format_version"

_WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


FLAT = {"flat": True}
"""Metadata of an optional group of keys: a dataclass, or None where its keys are missing."""


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON object, whole or not at all."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path, fix: str = "delete it and repeat") -> dict[str, object]:
    """Read a JSON object, {} where there is no file or something else in it.

    Raises:
        InputError: it cannot be read, or was written by a newer version.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error}); {fix}.") from error
    if not isinstance(content, dict):
        return {}
    version = content.get(VERSION_KEY, 0)
    if type(version) is int and version > VERSION:
        raise InputError(f"{path} was written by a newer version of tag2mask; update tag2mask.")
    return content


def write_record(path: Path, record: object) -> None:
    """Write a dataclass as a JSON object with the version of its form, whole or not at all."""
    write_json(path, {VERSION_KEY: VERSION, **to_json(record)})


def read_record(
    path: Path, kind: type[T], *, key: str = "", fix: str = "delete it and repeat",
    old_form: Callable[[dict[str, object]], dict[str, object]] | None = None,
) -> T | None:
    """Read a dataclass that `write_record` wrote.

    Args:
        path: the file.
        kind: the dataclass.
        key: of the object in the file; "" for the whole file.
        fix: what helps where the file is damaged, as the end of a sentence.
        old_form: completes the content of a file that was written before forms had versions.

    Returns:
        The dataclass; None where the file is missing or empty.

    Raises:
        InputError: a field is missing or has a wrong type; the message names file and field.
    """
    content = read_json(path, fix)
    if not content:
        return None
    if old_form and VERSION_KEY not in content:
        content = old_form(content)
    try:
        return from_json(kind, content.get(key) if key else content, key)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged: {error}; {fix}.") from error


def to_json(record: object) -> dict[str, object]:
    """Return the fields of a dataclass as JSON has them."""
    content: dict[str, object] = {}
    for one in fields(cast("Any", record)):
        value = getattr(record, one.name)
        if one.metadata.get("flat"):
            content |= to_json(value) if value is not None else {}
        elif _needed(one) or value != one.default:
            content[one.name] = _plain(value)
    return content


def from_json(kind: type[T], content: object, where: str = "") -> T:
    """Make a dataclass of what JSON has.

    Raises:
        ValueError: a field is missing, has a wrong type, or a value that the dataclass refuses.
    """
    if not isinstance(content, dict):
        raise ValueError(f"{where or 'the content'} is {_shown(content)}, not an object")
    values: dict[str, object] = {}
    for one, hint in _schema(cast("type", kind)):
        place = f"{where}.{one.name}" if where else one.name
        if one.metadata.get("flat"):
            inner = get_args(hint)[0]
            known = any(part.name in content for part, _ in _schema(inner) if _needed(part))
            values[one.name] = from_json(inner, content, where) if known else None
        elif one.name in content:
            values[one.name] = _fit(content[one.name], hint, place)
        elif _needed(one):
            raise ValueError(f"{place} is missing")
    return kind(**values)


@cache
def _schema(kind: type) -> tuple[tuple[Field[object], object], ...]:
    """Return each field of a dataclass with its type."""
    hints = get_type_hints(kind)
    return tuple((one, hints[one.name]) for one in fields(cast("Any", kind)))


def _needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _plain(value: object) -> object:
    """Return a value of a field as JSON has it."""
    if is_dataclass(value):
        return to_json(value)
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, tuple | list) else value


def _fit(value: object, kind: Any, where: str) -> object:  # noqa: ANN401 - the type is a value
    """Return a value of JSON as the type of its field."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        kinds = [one for one in args if one is not NoneType]
        empty = value is None or (value == {} and is_dataclass(kinds[0]))
        return None if empty else _fit(value, kinds[0], where)
    if origin is tuple:
        return _fit_items(value, args, where)
    if is_dataclass(kind):
        return from_json(cast("type[object]", kind), value, where)
    if origin is not None:  # a mapping from text
        if not isinstance(value, dict):
            raise ValueError(f"{where} is {_shown(value)}, not an object")
        return {name: _fit(entry, args[1], f"{where}.{name}") for name, entry in value.items()}
    fits = type(value) in ((int, float) if kind is float else (kind,))
    if not fits:
        raise ValueError(f"{where} is {_shown(value)}, not {_WORDS[kind]}")
    return value


def _fit_items(value: object, kinds: tuple[Any, ...], where: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is {_shown(value)}, not a list")
    if kinds[1:] == (...,):
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        raise ValueError(f"{where} has {len(value)} entries, not {len(kinds)}")
    pairs = enumerate(zip(value, kinds, strict=True))
    return tuple(_fit(entry, kind, f"{where}[{place}]") for place, (entry, kind) in pairs)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
