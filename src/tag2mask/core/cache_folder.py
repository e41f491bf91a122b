"""The folder for what can be made again, such as copies of data sets from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from tag2mask.core.sizes import parse_size

CACHE = "TAG2MASK_CACHE"
"""The environment variable with the folder."""

CACHE_SIZE = "TAG2MASK_CACHE_SIZE"
"""The environment variable with the space that the shards of one data set may take there."""


def cache_folder() -> Path:
    """Return `$TAG2MASK_CACHE`, else `tag2mask` in the user's cache; it may not exist yet."""
    if given := os.environ.get(CACHE):
        return Path(os.path.expandvars(given)).expanduser()
    users = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(users).expanduser() / "tag2mask"


def cache_size() -> int | None:
    """Return `$TAG2MASK_CACHE_SIZE` in bytes, 0 or more; None if it is not set.

    Raises:
        InputError: it is no size.
    """
    given = os.environ.get(CACHE_SIZE, "").strip()
    if not given:
        return None
    return 0 if given == "0" else parse_size(given, CACHE_SIZE)
