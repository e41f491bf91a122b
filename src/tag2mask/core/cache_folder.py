"""The folder for what can be made again, such as copies of data sets from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

CACHE = "TAG2MASK_CACHE"
"""The environment variable with the folder."""


def cache_folder() -> Path:
    """Return `$TAG2MASK_CACHE`, else `tag2mask` in the user's cache; it may not exist yet."""
    if given := os.environ.get(CACHE):
        return Path(os.path.expandvars(given)).expanduser()
    users = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(users).expanduser() / "tag2mask"
