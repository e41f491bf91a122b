"""Addresses of repositories on the model hub, as in "hf://USER/NAME"."""

from __future__ import annotations

import re

from tag2mask.core.contracts import InputError

HUB = "hf://"
"""Prefix of the addresses."""


def is_on_hub(address: str) -> bool:
    """Return whether a text is meant as an address on the hub, and not as a path."""
    return address.startswith(HUB)


def repository_of(address: str) -> str:
    """Return "USER/NAME" of "hf://USER/NAME".

    Raises:
        InputError: the address has another form.
    """
    repository = address.removeprefix(HUB).strip("/")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise InputError(f"{address!r} is no address of a network; write hf://USER/NAME.")
    return repository
