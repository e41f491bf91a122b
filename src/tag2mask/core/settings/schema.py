"""Inspect a schema: its keys, their types, and the explanation below each."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import get_type_hints


def kinds_of(schema: type) -> dict[str, object]:
    """Return the name and type of each field that can be set, in the order of declaration."""
    hints = get_type_hints(schema)
    return {field.name: hints[field.name] for field in fields(schema) if field.init}


def sections_of(schema: type) -> dict[str, type]:
    """Return the fields that are themselves dataclasses."""
    return {name: kind for name, kind in kinds_of(schema).items()
            if isinstance(kind, type) and is_dataclass(kind)}


def keys_of(schema: type, prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys of all values in all sections."""
    sections = sections_of(schema)
    for name in kinds_of(schema):
        if name in sections:
            yield from keys_of(sections[name], f"{prefix}{name}.")
        else:
            yield prefix + name


def explanations(schema: type) -> dict[str, str]:
    """Return the string below each field, as one line; empty if the source is not available."""
    found: dict[str, str] = {}
    for owner in reversed(schema.__mro__[:-1]):
        try:
            body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        except (OSError, TypeError, SyntaxError):
            continue
        if isinstance(body, ast.ClassDef):
            found |= dict(_strings_under_fields(body))
    return found


def _strings_under_fields(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            yield field.target.id, " ".join(str(below.value.value).split())
