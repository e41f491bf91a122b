"""Addresses of data sets elsewhere, as in "hf://USER/NAME" or "s3://BUCKET/FOLDER"."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from tag2mask.core.contracts import InputError

_FORM = re.compile(r"([a-z][a-z0-9+.-]+):/+([^/].*)", re.IGNORECASE | re.DOTALL)


def address_of(data: str | Path) -> str | None:
    """Return an address in its usual form; None for a path of this machine.

    `Path` removes one of two slashes, so "s3:/bucket" is an address too, unless it exists here. A
    drive such as "C:/" has one letter and is none.
    """
    text = data if isinstance(data, str) else data.as_posix()
    found = _FORM.fullmatch(text)
    if found is None or ("://" not in text and _exists(Path(text))):
        return None
    scheme, rest = found[1].lower(), found[2]
    return f"{scheme}:///{rest}" if scheme == "file" else f"{scheme}://{rest}"


def refuse_address(path: str | Path, what: str) -> None:
    """Raise an error if `path` is an address, where only files of this machine can be written.

    Args:
        path: as the user gave it.
        what: what would be written, for the message.

    Raises:
        InputError: it is an address.
    """
    address = address_of(path)
    if address is not None:
        raise InputError(f"{address} is an address, but {what} can only be written to a folder of "
                         "this machine; give one.")


def _exists(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.exists()
    return False
