"""Damage to tables, lists, XML and settings that leaves most of their form as it was."""

from __future__ import annotations

import re
from random import Random

from mutating_bytes import ANY, STRANGE, Mutator

_CELL = re.compile(rb"[^,;\t\r\n]+")
_WORD = re.compile(rb"[^\s<>=\"',\[\]]+")
_BOMB = (b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
         + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
         + b"]><annotation>&m;</annotation>")


def _replaced(content: bytes, found: list[re.Match[bytes]], rng: Random) -> bytes:
    if not found:
        return rng.choice(STRANGE)
    one = rng.choice(found)
    return content[:one.start()] + rng.choice(STRANGE) + content[one.end():]


def replace_cell(content: bytes, rng: Random) -> bytes:
    """Put something strange into a cell of a table."""
    return _replaced(content, list(_CELL.finditer(content)), rng)


def replace_word(content: bytes, rng: Random) -> bytes:
    """Put something strange in place of a word, a number or a tag."""
    return _replaced(content, list(_WORD.finditer(content)), rng)


def exchange_words(content: bytes, rng: Random) -> bytes:
    """Put one word of the file in place of another."""
    found = list(_WORD.finditer(content))
    if not found:
        return b"?"
    one, other = rng.choice(found), rng.choice(found)
    return content[:one.start()] + other[0] + content[one.end():]


def change_lines(content: bytes, rng: Random) -> bytes:
    """Lose, repeat, shuffle or glue lines, or end them in another way."""
    lines = content.split(b"\n")
    number = rng.randrange(len(lines))
    ways = (
        lines[:number] + lines[number + 1:], lines[:number] + [lines[number]] * 3 + lines[number:],
        rng.sample(lines, len(lines)), lines[number:], lines[:1] * 2 + lines,
        [*lines[:number], b" ".join(lines[number:number + 2]), *lines[number + 2:]],
    )
    return rng.choice((b"\n", b"\n", b"\n", b"\r", b"\r\n", b"\n\n")).join(rng.choice(ways))


def change_separator(content: bytes, rng: Random) -> bytes:
    """Use another separator, throughout or once."""
    new = rng.choice((b";", b"\t", b"|", b"", b",,", b" "))
    return content.replace(b",", new, rng.choice((-1, 1, 3)))


def change_encoding(content: bytes, rng: Random) -> bytes:
    """Store the text in another encoding."""
    codec = rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp500"))
    return content.decode("utf-8", "replace").encode(codec, "replace")


def add_column(content: bytes, rng: Random) -> bytes:
    """Add a column at one end, or a second one of a name that is there."""
    extra = rng.choice((b"tags", b"image", b"split", b"", b"mask", b"=x"))
    return b"\n".join(rng.choice((line + b"," + extra, extra + b"," + line))
                      for line in content.split(b"\n"))


def bomb(content: bytes, rng: Random) -> bytes:
    """Give XML whose entities grow without end, or nest without end, or lead elsewhere."""
    outside = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return rng.choice((_BOMB, b"<a>" * 100_000, outside + content, content * 2))


def nest(content: bytes, rng: Random) -> bytes:
    """Nest lists or tables thousands of levels deep."""
    depth = rng.choice((200, 5000))
    return rng.choice((b"x = " + b"[" * depth + b"]" * depth, b"[" + b"a." * depth + b"a]\nb = 1",
                       b"x = " + b"{a=" * depth + b"1" + b"}" * depth)) + b"\n" + content


TEXT: tuple[Mutator, ...] = (*ANY, replace_word, exchange_words, change_lines, change_encoding)
TABLE = (*TEXT, replace_cell, replace_cell, change_separator, add_column)
XML = (*TEXT, replace_word, bomb)
TOML = (*TEXT, replace_word, replace_word, exchange_words, nest)
