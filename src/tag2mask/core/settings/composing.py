"""Merge files, trees and `section.key=value` into one schema; errors name the key."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, TypeVar

from tag2mask.core.contracts import InputError
from tag2mask.core.settings.ranges import Range, ranges_of
from tag2mask.core.settings.schema import keys_of, kinds_of, sections_of
from tag2mask.core.settings.values import MisfitError, describe, fit, fit_text, write

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Source of values: a file, or the command line."""

    name: str
    typed: bool


@dataclass(frozen=True)
class _Given:
    value: Any
    source: _Source


def compose(
    schema: type[S], *, defaults: Mapping[str, object] | None = None, files: Sequence[Path] = (),
    trees: Sequence[Mapping[str, object]] = (), overrides: Sequence[str] = (),
) -> S:
    """Fill a schema from defaults, files, trees and overrides; later values take precedence.

    Args:
        schema: a dataclass; every field has a default or is a section.
        defaults: a dictionary as in `trees`, of defaults other than the schema's.
        files: TOML files, with sections as tables.
        trees: dictionaries with the structure of a TOML file; keys may also be dotted.
        overrides: `key=value` or `section.key=value`; the value is TOML, but text may omit
            its quotes and a list may be written with commas only.

    Raises:
        InputError: a file cannot be read, a key does not exist, or a value has the wrong type or is
            out of range. The message names the key, and the nearest valid one.
    """
    given = _leaves(schema, defaults or {})
    for file in files:
        given |= _flatten(schema, read_toml(file), _Source(name=f"{file}: ", typed=False))
    for tree in trees:
        given |= _leaves(schema, tree)
    for override in overrides:
        key, equals, text = (part.strip() for part in override.partition("="))
        if not equals or not all(key.split(".")):
            raise InputError(f'--set wants section.key=value, not "{override}".')
        given |= _flatten(schema, _nest(key, text), _Source(name="--set ", typed=True))
    return _build(schema, given)


_EXAMPLES = {"settings": "as the config.toml of a run is one",
             "grid": 'with a list of values per choice, as in strategy = ["plain", "seam"]'}
"""What a file of some content looks like."""


def read_toml(file: Path, what: str = "settings") -> dict[str, object]:
    """Read a TOML file; `what` describes its content in messages.

    Raises:
        InputError: it cannot be read, or is not valid TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"The {what} {file} cannot be read: {error.strerror}; give a TOML file, "
                         f"{_EXAMPLES.get(what, '')}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is no valid TOML: {error}.") from error


def _leaves(schema: type, tree: Mapping[str, object]) -> dict[str, _Given]:
    """Return the leaves of a tree, whose keys may be dotted."""
    given: dict[str, _Given] = {}
    for key, value in tree.items():
        given |= _flatten(schema, _nest(key, value), _Source(name="", typed=False))
    return given


def _nest(key: str, value: object) -> dict[str, object]:
    head, dot, rest = key.partition(".")
    return {head: _nest(rest, value) if dot else value}


def _flatten(
    schema: type, tree: dict[str, object], source: _Source, prefix: str = ""
) -> dict[str, _Given]:
    """Return the leaves of `tree` by dotted key, after checking the keys against the schema."""
    flat: dict[str, _Given] = {}
    sections = sections_of(schema)
    for key, value in tree.items():
        if key not in kinds_of(schema):
            raise InputError(source.name + _unknown(schema, prefix, key, value))
        if key not in sections:
            flat[prefix + key] = _Given(value, source)
        elif isinstance(value, dict):
            flat |= _flatten(sections[key], value, source, f"{prefix}{key}.")
        else:
            keys = ", ".join(keys_of(sections[key], f"{prefix}{key}."))
            raise InputError(f"{source.name}{prefix}{key} is a section; set one of {keys}.")
    return flat


def _unknown(schema: type, prefix: str, key: str, value: object) -> str:
    """Describe a key that does not exist, and suggest the nearest valid key.

    In an existing section only its own keys are suggested: `classify.epoch` means the epochs of
    that section.
    """
    if isinstance(value, dict) and sections_of(schema):
        nearest = _nearest(key, list(sections_of(schema)))
        return f"{prefix}{key} is no section of the settings; did you mean {prefix}{nearest}?"
    nearest = _nearest(key, list(keys_of(schema, prefix)))
    return f"{prefix}{key} is no setting; did you mean {nearest}?"


def _nearest(key: str, names: list[str]) -> str:
    def likeness(name: str) -> float:
        last = name.rpartition(".")[2]
        return SequenceMatcher(None, key.lower(), last.lower()).ratio()

    return max(names, key=likeness, default="")


def _build(schema: type[S], given: dict[str, _Given], prefix: str = "") -> S:
    values: dict[str, object] = {}
    sections = sections_of(schema)
    for name, kind in kinds_of(schema).items():
        if name in sections:
            values[name] = _build(sections[name], given, f"{prefix}{name}.")
        elif prefix + name in given:
            values[name] = _fitted(
                prefix + name, given[prefix + name], kind, ranges_of(schema).get(name))
    try:
        return schema(**values)
    except ValueError as error:
        sentence = f"{_origin(given, prefix)}{error}"
        raise InputError(sentence if sentence.endswith((".", "?")) else f"{sentence}.") from error


def _origin(given: dict[str, _Given], prefix: str) -> str:
    """Describe the section and the source of its values."""
    names = dict.fromkeys(entry.source.name.strip(" :") for key, entry in given.items()
                          if key.startswith(prefix) and entry.source.name)
    section = [prefix[:-1]] if prefix else []
    return "".join(f"{part}: " for part in [", ".join(names), *section] if part)


def _fitted(
    key: str, given: _Given, kind: Any, allowed: Range | None  # noqa: ANN401 - the field's own type
) -> Any:  # noqa: ANN401 - the same
    typed = given.source.typed and isinstance(given.value, str)
    wanted, got = describe(kind), write(given.value)
    try:
        value = fit_text(given.value, kind) if typed else fit(given.value, kind)
    except (MisfitError, OverflowError):
        raise InputError(f"{given.source.name}{key} wants {wanted}, not {got}.") from None
    if allowed and value not in allowed:
        raise InputError(f"{given.source.name}{key} wants {wanted}, {allowed}, not {write(value)}.")
    return value
