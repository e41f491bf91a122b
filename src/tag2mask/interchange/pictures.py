"""Placement of photos beside exported labels: copied or linked, always upright."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.data_files import copy_file, is_packed
from tag2mask.data.photos import load_photo
from tag2mask.interchange.format import Labelling
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.orientation import UPRIGHT, orientation

_QUALITY = 95


class Pictures:
    """Places photos at the paths required by a format.

    Labels refer to the upright photo, but several tools show the stored pixels; a photo with an
    EXIF rotation is therefore rewritten upright without it.
    """

    def __init__(self, labelling: Labelling, mode: str) -> None:
        """Set the mode: "copy", "link" or "none"; remarks are added to the notes of `labelling`."""
        self._labelling = labelling
        self._mode = mode
        self._turned = 0
        self._missing = 0

    def place(self, photo: LabelledPhoto, target: Path) -> None:
        """Place the photo at `target`.

        Raises:
            InputError: the photo cannot be read.
        """
        if photo.path is None or not photo.path.is_file():
            self._missing += 1
            return
        stored = orientation(photo.path) == UPRIGHT
        self._turned += not stored
        if self._mode == "none":
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if not stored:
            Image.fromarray(load_photo(photo.path)).save(target, quality=_QUALITY)
        elif self._mode == "link":
            _link(photo.path, target)
        else:
            copy_file(photo.path, target)

    def place_png(self, photo: LabelledPhoto, target: Path) -> None:
        """Write the photo as an RGB PNG, for formats that support no other type.

        Raises:
            InputError: the photo is missing or cannot be read.
        """
        if photo.path is None:
            raise InputError(f"{photo.file} is missing; this format needs the photos.")
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(load_photo(photo.path)).save(target, compress_level=1)

    def note(self) -> None:
        """Add a summary to the notes after all photos have been placed."""
        notes = self._labelling.notes
        if self._turned and self._mode == "none":
            notes.append(f"{self._turned:,} photos have an EXIF rotation; labels are those of the "
                         "upright photo, so use --images copy if your tool shows them turned.")
        elif self._turned:
            notes.append(f"{self._turned:,} photos have an EXIF rotation and were written upright.")
        if self._missing:
            notes.append(f"{self._missing:,} photos are missing, so only their labels are there.")


def _link(path: Path, target: Path) -> None:
    """Link to a photo; those that cannot be linked, as in a shard, are copied."""
    with suppress(OSError):
        os.link(path.resolve(), target)
        return
    with suppress(OSError):
        if not is_packed(path):
            target.symlink_to(path.resolve())
            return
    copy_file(path, target)
