"""Convert single values to the type of a field, describe types in words, and write TOML."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NONE = "none"
"""Representation of None, which TOML does not have."""

_NO_ZERO = re.compile(r"(?P<sign>[+-]?)(?:(?P<whole>\d+)\.|\.(?P<part>\d+))")
"""A number without digits before or after its point, which TOML does not have either."""

_WORDS: dict[Any, str] = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text", Path: "a path",
    NoneType: f'"{NONE}"',
}


class MisfitError(Exception):
    """A value does not have the type that its field declares."""


def fit(value: Any, kind: Any) -> Any:  # noqa: ANN401 - the type is a value here
    """Convert `value` to the type `kind`, with lossless conversions only.

    An int is accepted as float, text as path, a list as tuple; `true` is not accepted as a number,
    nor 3.0 as an int.

    Raises:
        MisfitError: the value does not have that type.
        TypeError: `kind` is not a supported type of a schema.
    """
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        # None first: "none" is also text, and would be accepted as a path.
        kinds = sorted(get_args(kind), key=lambda one: one is not NoneType)
        return _first_fit([value], kinds)
    if origin is Literal:
        return _fit_choice(value, get_args(kind))
    if origin in (tuple, list):
        return origin(_fit_items(value, get_args(kind)))
    return _fit_plain(value, kind)


def fit_text(text: str, kind: Any) -> Any:  # noqa: ANN401 - the type is a value here
    """Convert `text` from a command line to the type `kind`.

    It may be TOML (`0.3`, `["a", "b"]`), a number without the zero beside its point (`.3`, `3.`),
    text without its quotes (`otsu`), or a list with commas only (`a,b`), since shells remove
    quotes; the first interpretation that fits is used.

    Raises:
        MisfitError: no interpretation has that type.
    """
    items = [item.strip() for item in text.strip("[] ").split(",") if item.strip()]
    readings = [_as_toml(text), text, [_as_toml(item) for item in items], items]
    return _first_fit(readings, [kind])


def describe(kind: Any) -> str:  # noqa: ANN401 - any type
    """Describe the values of type `kind` in words."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(describe(arg) for arg in args)
    if origin is Literal:
        return " or ".join(write(arg) for arg in args)
    if origin in (tuple, list) and args[1:] in ((), (...,)):
        return f"a list, each item {describe(args[0])}"
    if origin is tuple:
        return f"a list of {len(args)}: {', '.join(describe(arg) for arg in args)}"
    return _WORDS[kind]


def write(value: Any) -> str:  # noqa: ANN401 - any value of a schema
    """Write a value as TOML, on one line."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(write(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    text = NONE if value is None else str(value)
    # JSON and TOML have the same escapes, except for one control character that JSON allows.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _as_toml(text: str) -> Any:  # noqa: ANN401 - any TOML value
    point = _NO_ZERO.fullmatch(text.strip())
    full = f"{point['sign']}{point['whole'] or 0}.{point['part'] or 0}" if point else text
    try:
        return tomllib.loads(f"value = {full}")["value"]
    except (ValueError, RecursionError):
        return text


def _first_fit(values: list[Any], kinds: list[Any]) -> Any:  # noqa: ANN401 - see `fit`
    for value in values:
        for kind in kinds:
            try:
                return fit(value, kind)
            except MisfitError:
                continue
    raise MisfitError


def _fit_choice(value: object, choices: tuple[Any, ...]) -> Any:  # noqa: ANN401 - see `fit`
    for choice in choices:
        # Compare the types too, since True == 1 == 1.0.
        if type(choice) is type(value) and choice == value:
            return choice
    raise MisfitError


def _fit_items(value: object, kinds: tuple[Any, ...]) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise MisfitError
    if kinds[1:] in ((), (...,)):
        kinds = kinds[:1] * len(value)
    if len(value) != len(kinds):
        raise MisfitError
    return [fit(item, kind) for item, kind in zip(value, kinds, strict=True)]


def _fit_plain(value: object, kind: Any) -> Any:  # noqa: ANN401 - see `fit`
    if kind not in _WORDS:
        raise TypeError(f"{kind} is no type for a setting")
    if kind is NoneType and value in (None, NONE):
        return None
    if kind is float and type(value) is int:
        return float(value)
    if kind is Path and isinstance(value, (str, Path)):
        return Path(value)
    if type(value) is kind and kind is not NoneType:
        return value
    raise MisfitError
