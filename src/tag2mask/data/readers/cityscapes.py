"""Recognise Cityscapes, which has photos and masks but no tags, and refuse it with advice."""

from __future__ import annotations

from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers.photo_files import ASK_MASKS, entry

LOOKS_FOR = ""


def fits(root: Path) -> bool:
    """Return whether Cityscapes' folder of photos exists."""
    return entry(root, "leftImg8bit") is not None


def read(root: Path) -> Dataset:
    """Refuse the data set, as it has masks but no tags.

    Raises:
        InputError: always; the message explains what to add.
    """
    raise InputError(
        f"{root} has Cityscapes' photos and masks (leftImg8bit), but no tags, and tags are what is "
        f"learned; add a tags.csv with the columns image and tags{ASK_MASKS.format(root)}"
    )
