"""Damage to JSON that parses: other types, lost keys, huge numbers, depth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from mutating_bytes import Mutator
from mutating_text import TEXT

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 255, 10**400, -10**30, 2**63, 1e308, float("nan"), float("inf"),
    0.5, "", "nan", "x", "\0", "\ud800", "e\u0301", "../../escaped",
    "/escaped", "a/b", ".", "a" * 300,
    "=1+1", "<b>x</b>", "\x1b[31m", [], {}, [[]], [1, "a", None], {"a": 1}, {"": {}}, ["", ""],
)


def _places(content: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - any JSON value
    """Yield every list or object with each of its keys."""
    if isinstance(content, (dict, list)):
        for key in list(content if isinstance(content, dict) else range(len(content))):
            yield content, key
            yield from _places(content[key])


def _changed(content: bytes, rng: Random, times: int) -> bytes:
    try:
        tree = json.loads(content)
    except ValueError:
        return json.dumps(rng.choice(VALUES)).encode()
    for _ in range(times):
        places = list(_places(tree))
        if not places:
            break
        holder, key = rng.choice(places)
        way = rng.randrange(6)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, list):
            holder.extend([holder[key]] * rng.choice((1, 40)))
        elif way == 1:
            holder[rng.choice(("", "x", str(key) + "s"))] = holder.pop(key)
        elif way == 2:
            holder[key] = rng.choice(([holder[key]], {"x": holder[key]}, str(holder[key])))
        else:
            holder[key] = rng.choice(VALUES)
    return json.dumps(tree, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def change_value(content: bytes, rng: Random) -> bytes:
    """Change, drop, wrap or rename one value."""
    return _changed(content, rng, 1)


def change_values(content: bytes, rng: Random) -> bytes:
    """Change several values."""
    return _changed(content, rng, rng.choice((3, 10)))


def replace_all(content: bytes, rng: Random) -> bytes:
    """Give another JSON value in place of the object."""
    return json.dumps(rng.choice(VALUES)).encode()


def nest(content: bytes, rng: Random) -> bytes:
    """Nest lists or objects very deeply, as the whole or as a value."""
    depth = rng.choice((900, 100_000))
    deep = rng.choice((b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth))
    return rng.choice((deep, content.replace(b": ", b": " + deep + b', "x": ', 1)))


def repeat_key(content: bytes, rng: Random) -> bytes:
    """Give the first key twice, or put NaN in place of a number."""
    return rng.choice((content.replace(b"{", b'{"version": 9, "classes": 3, ', 1),
                       content.replace(b"0", b"NaN", 1), content.replace(b"1", b"1e999", 2)))


JSON: tuple[Mutator, ...] = (
    *TEXT, *[change_value] * 8, *[change_values] * 4, replace_all, nest, repeat_key)


def change_line(content: bytes, rng: Random) -> bytes:
    """Change a value on one line of a file of JSON lines."""
    lines = content.split(b"\n")
    number = rng.randrange(len(lines))
    lines[number] = rng.choice(JSON)(lines[number], rng)
    return b"\n".join(lines)


JSON_LINES: tuple[Mutator, ...] = (*[change_line] * 12,)
