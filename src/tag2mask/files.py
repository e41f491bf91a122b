"""Former name of `tag2mask.core.files`, kept for code that imports it."""

from tag2mask.core.files import *  # noqa: F403 - whatever it has
