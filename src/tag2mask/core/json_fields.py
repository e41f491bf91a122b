"""Convert dataclasses to and from JSON objects, by the types of their fields.

A field without a default is always written, None as null, and is required in reading. A field with
a default is omitted if it has that value. A field with the metadata `FLAT` is a group of keys: the
keys of its dataclass are written without an object of their own. Unknown keys are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

FLAT = {"flat": True}
"""Metadata of an optional group of keys: a dataclass, or None where its keys are missing."""

_WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}

_Read = Callable[[object], object]


class MisfitError(ValueError):
    """A value has the wrong type; `place` is its location, as in "figures[3].miou"."""

    def __init__(self, why: str, place: str = "") -> None:
        """Store place and reason separately, so that callers can complete the place."""
        super().__init__(why)
        self.why, self.place = why, place

    def inside(self, place: str) -> MisfitError:
        """Return the same error with the place prefixed by that of the enclosing value."""
        dot = "." if place and self.place and not self.place.startswith("[") else ""
        return MisfitError(self.why, f"{place}{dot}{self.place}")

    def __str__(self) -> str:
        """Return the place and the reason."""
        return f"{self.place or 'the content'} {self.why}"


@dataclass(frozen=True)
class _Part:
    """One field of a dataclass: its reader, and whether it is optional."""

    name: str
    read: _Read
    needed: bool
    default: object
    group: type | None


def to_json(record: object) -> dict[str, object]:
    """Convert a dataclass to a JSON object."""
    content: dict[str, object] = {}
    for part in _parts(cast("type", type(record))):
        value = getattr(record, part.name)
        if part.group:
            content |= to_json(value) if value is not None else {}
        elif part.needed or value != part.default:
            content[part.name] = _plain(value)
    return content


def from_json(kind: type[T], content: object, where: str = "") -> T:
    """Convert a JSON object to a dataclass.

    Raises:
        MisfitError: a field is missing, has a wrong type, or a value that the dataclass rejects.
    """
    try:
        return cast("T", _read_object(kind, content))
    except MisfitError as error:
        raise error.inside(where) from error


def _read_object(kind: type, content: object) -> object:
    if not isinstance(content, dict):
        raise MisfitError(f"is {_shown(content)}, not an object")
    values: dict[str, object] = {}
    for part in _parts(kind):
        if part.group:
            values[part.name] = _read_group(part.group, content)
        elif part.name in content:
            try:
                values[part.name] = part.read(content[part.name])
            except MisfitError as error:
                raise error.inside(part.name) from error
        elif part.needed:
            raise MisfitError("is missing", part.name)
    try:
        return kind(**values)
    except ValueError as error:  # raised by the dataclass itself
        raise MisfitError(f"cannot be: {error}") from error


def _read_group(kind: type, content: dict[str, object]) -> object:
    known = any(part.name in content for part in _parts(kind) if part.needed)
    return _read_object(kind, content) if known else None


@cache
def _parts(kind: type) -> tuple[_Part, ...]:
    hints = get_type_hints(kind)
    return tuple(
        _Part(one.name, _reader(hints[one.name]),
              one.default is MISSING and one.default_factory is MISSING,
              one.default if one.default_factory is MISSING else one.default_factory(),
              get_args(hints[one.name])[0] if one.metadata.get("flat") else None)
        for one in fields(cast("Any", kind))
    )


def _plain(value: object) -> object:
    """Convert the value of a field to JSON."""
    if value is None or type(value) in _WORDS:
        return value
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    return to_json(value) if is_dataclass(value) else value


def _reader(kind: Any) -> _Read:  # noqa: ANN401 - the type is a value here
    """Return a function that converts JSON to a value of this type."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        known = next(one for one in args if one is not NoneType)
        return partial(_read_optional, _reader(known), is_dataclass(known))
    if origin is tuple and args[1:] == (...,):
        return partial(_read_list, _reader(args[0]))
    if origin is tuple:
        return partial(_read_row, tuple(map(_reader, args)))
    if origin is not None:
        return partial(_read_mapping, _reader(args[1]))
    if is_dataclass(kind):
        return partial(_read_object, cast("type", kind))
    if kind is object:
        return _read_any
    return partial(_read_plain, (int, float) if kind is float else (kind,), _WORDS[kind])


def _read_any(value: object) -> object:
    return value


def _read_plain(kinds: tuple[type, ...], word: str, value: object) -> object:
    if type(value) not in kinds:
        raise MisfitError(f"is {_shown(value)}, not {word}")
    return value


def _read_optional(read: _Read, is_object: bool, value: object) -> object:
    return None if value is None or (is_object and value == {}) else read(value)


def _read_list(read: _Read, value: object) -> object:
    if not isinstance(value, list):
        raise MisfitError(f"is {_shown(value)}, not a list")
    return _read_row((read,) * len(value), value)


def _read_row(reads: tuple[_Read, ...], value: object) -> object:
    if not isinstance(value, list) or len(value) != len(reads):
        raise MisfitError(f"is {_shown(value)}, not a list of {len(reads)}")
    made: list[object] = []
    for read, entry in zip(reads, value, strict=True):
        try:
            made.append(read(entry))
        except MisfitError as error:
            raise error.inside(f"[{len(made)}]") from error
    return tuple(made)


def _read_mapping(read: _Read, value: object) -> object:
    if not isinstance(value, dict):
        raise MisfitError(f"is {_shown(value)}, not an object")
    made = {}
    for name, entry in value.items():
        try:
            made[name] = read(entry)
        except MisfitError as error:
            raise error.inside(name) from error
    return made


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
