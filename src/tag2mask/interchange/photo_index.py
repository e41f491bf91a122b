"""Look-up of the photos of a data set by names in files."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.interchange.sources import file_of

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
"""Prefix of the names of files uploaded to Label Studio."""


class PhotoIndex:
    """Finds photos by path, or by the end of it if that is unique."""

    def __init__(self, dataset: Dataset) -> None:
        """Index all photos."""
        self._exact: dict[str, Photo] = {}
        self._bare: defaultdict[str, list[Photo]] = defaultdict(list)
        self._ends: defaultdict[str, list[Photo]] = defaultdict(list)
        for photo in dataset.photos:
            if photo.path.is_relative_to(dataset.root):
                self._exact[photo.path.relative_to(dataset.root).as_posix()] = photo
        for photo in dataset.photos:
            self._exact.setdefault(file_of(photo), photo)
        for photo in dataset.photos:
            self._exact.setdefault(photo.name, photo)
            for key in {_plain(photo.path.name), _plain(photo.path.stem)}:
                self._bare[key].append(photo)
            parts = photo.path.parts
            for start in range(len(dataset.root.parts) + 1, len(parts) - 1):
                end = PurePosixPath(*parts[start:])
                for spelling in {end.as_posix(), end.with_suffix("").as_posix()}:
                    self._ends[spelling].append(photo)

    def find(self, file: str) -> Photo | None:
        """Return the photo that `file` refers to, or None if there is none or more than one.

        Args:
            file: a reference written by a program: a path relative to the data set, to the folder
                of the photos or to another one around them, with or without suffix, or a file
                name, possibly with Label Studio's prefix.
        """
        path = PurePosixPath(file)
        parts = path.parts
        for start in range(len(parts)):
            tail = PurePosixPath(*parts[start:])
            for candidate in (tail.as_posix(), tail.with_suffix("").as_posix()):
                if candidate in self._exact and (start == 0 or len(tail.parts) > 1):
                    return self._exact[candidate]
        for candidate in (path.as_posix(), path.with_suffix("").as_posix()):
            if len(self._ends.get(candidate, ())) == 1:
                return self._ends[candidate][0]
        for name in (path.name, _UPLOADED.sub("", path.name)):
            for key in (_plain(name), _plain(PurePosixPath(name).stem)):
                if len(self._bare.get(key, ())) == 1:
                    return self._bare[key][0]
        return None


def _plain(name: str) -> str:
    """Sanitise a file name like web frameworks: spaces as "_", only letters, digits and ".-_"."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_")).casefold()
