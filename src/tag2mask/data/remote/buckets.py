"""Folders in buckets and on web servers, through fsspec (`s3://`, `gs://`, `https://` and others).

Credentials are those that the library of the storage finds by itself, as in `AWS_PROFILE`, or that
fsspec's own settings give, as in `FSSPEC_S3_ANON=true`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tag2mask.core.files import atomic_path
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.remote.address import Address
from tag2mask.data.remote.file_systems import file_system, size_of, version_of
from tag2mask.data.remote.source import FinalError, Listing, RemoteFile, usable

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_MOST = 100_000
_LIST = "shards.json"
_BESIDE = ("classes.txt", "points.csv", "boxes.csv", "scribbles.csv")
"""Files that may be beside shards on a web server, which lists no folders."""


class Bucket:
    """A folder, a file, or numbered files such as `shard-{000000..000012}.tar`."""

    at_once = 8

    def __init__(self, address: Address) -> None:
        """Find the library of the storage.

        Raises:
            InputError: there is none, or it is not installed.
        """
        self._shown, url = address.shown, address.location
        self._web = url.startswith(("http://", "https://"))
        self._files = file_system(url, address.shown)
        self._scheme = url.partition("://")[0]
        self._root = str(self._files._strip_protocol(url)).rstrip("/")
        self._paths: dict[str, str] = {}

    def listing(self) -> Listing:
        """List all files below the folder.

        On a web server, `shards.json`, which `tag2mask pack` writes, takes the place of a list.
        """
        found = {name: (path, info) for name, path, info in self._found()}
        self._paths = {name: path for name, (path, _) in found.items()}
        files = [RemoteFile(name=name, size=size_of(info), version=version_of(info))
                 for name, (_, info) in found.items()]
        return Listing(files=usable(files, self._shown))

    def fetch(self, name: str, target: Path, stopped: Callable[[], bool]) -> None:
        """Copy a file; it has its name when it is complete."""
        with atomic_path(target) as temporary:
            self._files.get_file(self._paths[name], str(temporary), callback=_callback(stopped))

    def url(self, name: str) -> str:
        """Return the address of a file; "" for one with a query, whose signature may expire."""
        path = self._paths[name]
        if "?" in path:
            return ""
        return path if "://" in path else f"{self._scheme}://{path.lstrip('/')}"

    def _found(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        if _RANGE.search(self._root):
            yield from map(self._one, _numbered(self._root))
        elif self._names_file() if self._web else self._files.isfile(self._root):
            yield self._one(self._root)
        elif self._web:
            yield from self._listed()
        else:
            for path, info in self._files.find(self._root, detail=True).items():
                yield str(path)[len(self._root):].lstrip("/"), path, info

    def _names_file(self) -> bool:
        """Return whether a web address is meant as a file; the server does not say."""
        return self._root.partition("?")[0].lower().endswith((".tar", ".parquet", *SUFFIXES))

    def _one(self, path: str) -> tuple[str, str, Mapping[str, Any]]:
        name = path.partition("?")[0] if self._web else path
        return name.rpartition("/")[2], path, self._files.info(path)

    def _listed(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        place = f"{self._root}/{_LIST}"
        try:
            content = json.loads(self._files.cat_file(place))
            names = [str(one["url"]) for one in content["shardlist"]]
        except FileNotFoundError as error:
            raise FinalError(
                f"{self._shown} has no {_LIST}, and a web server lists no folders; name the shards "
                "as in shard-{000000..000012}.tar, or put the list there that `tag2mask pack` "
                "writes.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise FinalError(f"{place} is no list of shards ({type(error).__name__}); put the one "
                             "there that `tag2mask pack` writes.") from error
        beside = [name for name in _BESIDE if self._files.exists(f"{self._root}/{name}")]
        for name in (*names, _LIST, *beside):
            path = f"{self._root}/{name}"
            yield name, path, self._files.info(path)


def _numbered(path: str) -> Iterator[str]:
    """Yield the paths that `{000..012}` stands for; with several, all combinations."""
    found = _RANGE.search(path)
    if found is None:
        yield path
        return
    first, last = int(found[1]), int(found[2])
    if not 0 <= last - first < _MOST:
        raise FinalError(f"{path}: {found[0]} counts from {first} to {last}; write the smaller "
                         "number first.")
    for number in range(first, last + 1):
        digits = str(number).zfill(len(found[1]))
        yield from _numbered(path[: found.start()] + digits + path[found.end():])


def _callback(stopped: Callable[[], bool]) -> object:
    """Return a callback of fsspec that ends a copy."""
    from fsspec.callbacks import Callback

    class Stopping(Callback):  # type: ignore[misc] # fsspec is untyped
        def relative_update(self, inc: int = 1) -> None:
            if stopped():
                raise FinalError("The copy was stopped.")

    return Stopping()
