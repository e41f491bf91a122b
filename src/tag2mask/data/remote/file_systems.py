"""The libraries of storages, through fsspec, and what they say about a file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tag2mask.core.contracts import InputError

_ANSWER, _PIECE = 15.0, 60.0
"""Seconds until a server has to answer, and between two pieces of a file."""


def file_system(url: str, shown: str) -> Any:  # noqa: ANN401 - fsspec is untyped
    """Return the library of the storage of an address; each process has its own.

    Args:
        url: the address.
        shown: how messages name it.

    Raises:
        InputError: there is none, or it is not installed.
    """
    import fsspec

    scheme = url.partition("://")[0]
    try:
        return fsspec.filesystem(scheme, **_options(scheme))
    except ImportError as error:
        raise InputError(f"{shown} needs a package that is not installed ({error}); run `pip "
                         "install 'tag2mask[remote]'`.") from error
    except ValueError as error:
        if scheme in fsspec.available_protocols():
            raise
        raise InputError(f"{shown}: {scheme}:// is no known kind of address; write hf://, s3://, "
                         "gs:// or https://, or give a folder.") from error


def _options(scheme: str) -> dict[str, object]:
    """Return settings that bound the time without an answer."""
    if scheme in ("http", "https"):
        limit = import_module("aiohttp").ClientTimeout(
            total=None, sock_connect=_ANSWER, sock_read=_PIECE)
        return {"client_kwargs": {"timeout": limit}}
    if scheme == "s3":
        return {"config_kwargs": {"connect_timeout": _ANSWER, "read_timeout": _PIECE,
                                  "retries": {"max_attempts": 1}}}
    return {}


def size_of(info: Mapping[str, Any]) -> int | None:
    """Return the size of a file in bytes; None if its storage does not say."""
    size = info.get("size")
    return int(size) if isinstance(size, int | float) else None


def version_of(info: Mapping[str, Any]) -> str:
    """Return what changes with the content of a file; "" if its storage does not say."""
    names = ("ETag", "etag", "md5Hash", "LastModified", "mtime", "updated", "created")
    return next((str(info[name]) for name in names if info.get(name)), "")
