"""Read parts of files in buckets, with a few attempts each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tag2mask.core.cache_folder import CACHE_SIZE
from tag2mask.core.contracts import InputError, SourceError
from tag2mask.data.remote.attempts import Result, patiently
from tag2mask.data.remote.copying import IncompleteError
from tag2mask.data.remote.file_systems import file_system, size_of, version_of
from tag2mask.data.remote.source import FinalError


def read_part(url: str, start: int, end: int) -> bytes:
    """Return the bytes of a file from `start` up to `end`, in one request.

    Raises:
        SourceError: the storage does not answer, refuses, or has no such part.
    """
    return _asked(partial(_part, url, start, end), url)


def state_of(url: str) -> tuple[int | None, str]:
    """Return size and version of a file as they are now, of which either may be unknown.

    Raises:
        SourceError: the storage does not answer or refuses, or the file is gone.
    """
    return _asked(partial(_state, url), url)


def _asked(action: Callable[[], Result], url: str) -> Result:
    try:
        return patiently(action, what=url)
    except InputError as error:
        raise SourceError(str(error)) from error


def _part(url: str, start: int, end: int) -> bytes:
    files, path = _found(url)
    content = bytes(files.cat_file(path, start=start, end=end))
    if len(content) > end - start:
        raise FinalError(f"{url} was sent as a whole where a part was asked for; set {CACHE_SIZE} "
                         "to more than the size of all shards, so that they are downloaded.")
    if len(content) < end - start:
        raise IncompleteError(f"{len(content):,} bytes of {end - start:,} arrived")
    return content


def _state(url: str) -> tuple[int | None, str]:
    files, path = _found(url)
    files.invalidate_cache()  # of lists of files, from which some libraries answer
    info = files.info(path)
    return size_of(info), version_of(info)


def _found(url: str) -> tuple[Any, str]:
    files = file_system(url, url)
    return files, str(files._strip_protocol(url))
