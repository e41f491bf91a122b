"""Entries of a run folder's data.json: checked before anything is named after them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import why_no_file_name
from tag2mask.data.annotations.entries import annotation_of
from tag2mask.data.dataset import SPLITS, Photo
from tag2mask.data.mask_reading import mask_of_entry


def photo_of(entry: dict[str, Any], source: Path, num_classes: int) -> Photo:
    """Read one photo of data.json, which may come from a stranger.

    Raises:
        InputError: its name would lead our own files out of the run folder.
        KeyError, TypeError, ValueError: something is missing or is not what it must be.
    """
    name = entry["name"]
    if isinstance(name, str) and (why := why_no_file_name(name)):
        raise InputError(f"{source}: the name of a photo, {name!r}, {why}; nothing was written. "
                         "Make the file again with `tag2mask run DATA --out RUN`.")
    tags = tuple(entry["tags"])
    if not all(isinstance(tag, int) and 0 <= tag < num_classes for tag in tags):
        raise ValueError(f"tags {tags} of {name} for {num_classes} classes")
    if entry["split"] not in SPLITS:
        raise ValueError(f"split {entry['split']!r} of {name}")
    return Photo(name=text_of(name), path=Path(text_of(entry["path"])), tags=tags,
                 split=entry["split"], mask=mask_of_entry(entry),
                 annotation=annotation_of(entry, num_classes))


def text_of(value: object) -> str:
    """Return a value that must be text without zero bytes.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{value!r} is no text")
    return value
