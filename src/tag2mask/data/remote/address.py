"""The parts of an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from tag2mask.core.contracts import InputError
from tag2mask.core.hub_address import is_on_hub

COLUMNS = ("image", "tags", "mask")
"""Names of columns that an address may give, as in `?image=photo&tags=kind`."""

_WEB = ("http://", "https://")


@dataclass(frozen=True)
class Address:
    """The location of a data set, and the columns to read.

    Attributes:
        location: the address without columns.
        columns: names of columns by their meaning, of `COLUMNS`.
    """

    location: str
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The location without the query of a web address, which may hold a signature."""
        return self.location.partition("?")[0] if self.location.startswith(_WEB) \
            else self.location

    @property
    def on_hub(self) -> bool:
        """Whether it is a data set of the Hugging Face hub."""
        return is_on_hub(self.location)


def parse_address(text: str) -> Address:
    """Split an address into its location and its columns.

    The query of a web address is part of the location unless it names columns only.

    Raises:
        InputError: the query has another key, or a key without a value.
    """
    location, _, query = text.partition("?")
    if not query:
        return Address(location)
    try:
        columns = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        columns = {"": ""}
    if columns.keys() <= set(COLUMNS) and all(columns.values()):
        return Address(location, columns)
    if text.startswith(_WEB):
        return Address(text)
    raise InputError(f"{text}: after the ?, write columns as in ?image=photo&tags=kind, of "
                     f"{', '.join(COLUMNS)}.")
