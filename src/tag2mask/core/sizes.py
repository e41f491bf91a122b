"""Sizes of files as people write them."""

from __future__ import annotations

import re

from tag2mask.core.contracts import InputError

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
          "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([KMGT]I?B)", re.ASCII)


def parse_size(text: str, where: str) -> int:
    """Convert a size such as 500MB or 1.5 GiB to bytes.

    Args:
        text: the size, with its unit.
        where: the option or variable with it, for the message.

    Raises:
        InputError: it is no size.
    """
    match = _SIZE.fullmatch(text.strip().upper())
    if not match:
        raise InputError(f"{where} {text!r} is no size; write it as 500MB or 1GB.")
    return int(float(match[1]) * _UNITS[match[2]])
