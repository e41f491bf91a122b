"""Damage to any file: what a disk, a network or an editor does to its bytes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Mutator = Callable[[bytes, Random], bytes]

STRANGE = (
    b"", b"\0", b"\0" * 600, b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b[31m", b"\r",
    b"\n\n", b'"', b"'", b",", b";", b"|",
    b"\t", b"NaN", b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0",
    b"9" * 30, b"1" * 5000, b"18446744073709551616", b"0x7f", b"1_000", b"null", b"None", b"true",
    b"[]", b"{}", b"x" * 70_000, b"../../escaped", b"/escaped", b"C:\\escaped", b"=1+1",
    b"<script>alert(1)</script>", "e\u0301\u200b".encode(), "\u202eabc".encode(), "中文😀".encode(),
    "\uff11\u0663".encode(), b"%s%n{0}", b"con", b".", b"..", b"~", b"-rf", b" ", b"caf\xe9",
)
"""What stands where a value was expected."""


def place(content: bytes, rng: Random) -> int:
    """Give a place in the content; the first bytes, which hold lengths and names, are likelier."""
    end = len(content) if rng.random() < 0.6 else min(200, len(content))
    return rng.randint(0, end)


def span(content: bytes, rng: Random) -> slice:
    """Give a range of the content, often a short one."""
    start = place(content, rng)
    return slice(start, start + rng.choice((1, 2, 8, 64, 1000, len(content) // 3)))


def truncate(content: bytes, rng: Random) -> bytes:
    """Cut the end off."""
    return content[:place(content, rng)]


def flip(content: bytes, rng: Random) -> bytes:
    """Flip one to thirty bits."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 3, 30)) if content else 0):
        changed[place(content, rng) % len(content)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def delete(content: bytes, rng: Random) -> bytes:
    """Take a range out."""
    cut = span(content, rng)
    return content[:cut.start] + content[cut.stop:]


def duplicate(content: bytes, rng: Random) -> bytes:
    """Write a range two to fifty times."""
    cut = span(content, rng)
    return content[:cut.start] + content[cut] * rng.choice((2, 3, 50)) + content[cut.stop:]


def swap(content: bytes, rng: Random) -> bytes:
    """Exchange two neighbouring pieces."""
    one, two, three = sorted(rng.randint(0, len(content)) for _ in range(3))
    return content[:one] + content[two:three] + content[one:two] + content[three:]


def insert(content: bytes, rng: Random) -> bytes:
    """Put something strange in between."""
    start = place(content, rng)
    return content[:start] + rng.choice(STRANGE) + content[start:]


def overwrite(content: bytes, rng: Random) -> bytes:
    """Put extreme numbers over a few bytes, as lengths and sizes are stored."""
    start = place(content, rng)
    number = rng.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
    raw = number.to_bytes(8, rng.choice(("little", "big")))
    return content[:start] + raw + content[start + 8:]


def empty(content: bytes, rng: Random) -> bytes:
    """Leave nothing, or only zeros, as after a crash of the machine."""
    return rng.choice((b"", b"\0" * len(content), b" \n"))


ANY: tuple[Mutator, ...] = (truncate, flip, delete, duplicate, swap, insert, overwrite, empty)
