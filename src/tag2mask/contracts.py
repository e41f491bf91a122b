"""Former name of `tag2mask.core.contracts`, kept for code that imports it."""

from tag2mask.core.contracts import *  # noqa: F403 - whatever it has
