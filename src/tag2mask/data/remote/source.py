"""What the kinds of sources have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from tag2mask.core.contracts import InputError
from tag2mask.data.readers.names import is_hidden, path_below_root


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file of a data set elsewhere."""

    name: str
    """Path below the data set's folder."""
    size: int | None = None
    """In bytes; None if the server does not say."""
    version: str = ""
    """Changes with the content; "" if the server does not say."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The files of a data set."""

    files: tuple[RemoteFile, ...]
    revision: str = ""
    """The state of the whole data set, such as a commit; "" if there is none."""
    config: str = ""
    """The chosen part of a data set with several, for `readers.reading_choices`."""


class Source(Protocol):
    """Lists and copies the files of one data set."""

    at_once: int
    """Number of files that may be copied at the same time."""

    def listing(self) -> Listing:
        """List the files to copy."""
        ...

    def fetch(self, name: str, target: Path, stopped: Callable[[], bool]) -> None:
        """Copy a file of the listing; may end early with an error when `stopped` returns True."""
        ...

    def url(self, name: str) -> str:
        """Return where a file of the listing can be read by parts; "" if it cannot."""
        ...


class FinalError(InputError):
    """An answer that another attempt would not change."""


def usable(files: Sequence[RemoteFile], where: str) -> tuple[RemoteFile, ...]:
    """Return the files without hidden ones, sorted by name.

    Raises:
        FinalError: a path leads out of the folder.
    """
    kept = []
    for file in files:
        try:
            path = path_below_root(file.name, where=where)
        except InputError as error:
            raise FinalError(str(error)) from error
        if path.parts and not any(map(is_hidden, path.parts)):
            kept.append(file)
    return tuple(sorted(kept, key=lambda file: PurePosixPath(file.name).parts))
