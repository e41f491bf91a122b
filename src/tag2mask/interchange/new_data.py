"""Creation of a data set from imported annotations: images/, tags.csv and classes.txt."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.core.files import write_text
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.names import is_hidden, refuse_case_variants
from tag2mask.interchange.class_map import ClassMap
from tag2mask.interchange.format import UNDECIDED
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.names import csv_text

_OWN = {"images", "annotations", "boxes.csv", "points.csv", "class_ids.json", "masks",
        "import_problems.csv"}
_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def is_new(data: Path) -> bool:
    """Return whether a folder is not a data set yet: it is missing, empty, or has only photos."""
    if not data.exists():
        return True
    if not data.is_dir():
        raise InputError(f"{data} is a file; give the folder of a data set, or a new one.")
    return {path.name for path in data.iterdir() if not is_hidden(path)} <= _OWN


class NewData:
    """Photos and tags of a data set under construction."""

    def __init__(self, root: Path, classes: tuple[str, ...], images: str) -> None:
        """Initialise a data set without photos.

        Args:
            root: folder of the data set.
            classes: classes of the imported file.
            images: placement of photos: "copy", "link" or "none".

        Raises:
            InputError: the classes are invalid for a data set.
        """
        self.root, self.notes = root, list[str]()
        named = [name for name in classes if name.casefold() != UNDECIDED]
        self.classes = tuple(name.strip().replace(";", ",") for name in named)
        if ";" in "".join(named):
            self.notes.append("Class names cannot have a ';' in tags.csv; it became a ','.")
        if len(self.classes) >= IGNORE:
            raise InputError(f"The file has {len(self.classes)} classes, but a mask holds "
                             f"{IGNORE - 1} at most; export fewer.")
        refuse_case_variants({name: "a class" for name in self.classes}, source="The import")
        renamed = dict(zip(named, self.classes, strict=True))
        self.map = ClassMap(tuple(renamed.get(name, name) for name in classes), self.classes)
        self._images, self._rows = images, list[list[object]]()
        self._stems: dict[str, list[str]] = {}
        self._first: dict[str, str] = {}
        folder = root / "images"
        if folder.is_dir():
            for path in folder.rglob("*"):
                if path.suffix.lower() in SUFFIXES:
                    file = path.relative_to(folder)
                    self._stems.setdefault(file.with_suffix("").as_posix(), []).append(
                        file.as_posix())

    def place(self, photo: LabelledPhoto) -> Path:
        """Place a photo in images/ unless it is already there, and return its path.

        Raises:
            InputError: the photo cannot be found.
        """
        target = self.root / "images" / photo.file
        if target.is_file():
            return target
        known = self._stems.get(photo.file) or self._stems.get(photo.stem) or []
        if len(known) == 1:
            return self.root / "images" / known[0]
        if photo.path is None or not photo.path.is_file() or self._images == "none":
            raise InputError(f"{photo.file} is neither in {self.root / 'images'} nor beside the "
                             "imported file; put it into that folder.")
        if PurePosixPath(photo.file).suffix.lower() not in SUFFIXES:
            raise InputError(f"{photo.file} is no photo in a known format.")
        target.parent.mkdir(parents=True, exist_ok=True)
        if self._images == "link":
            with suppress(OSError):
                os.link(photo.path.resolve(), target)
                return target
        shutil.copyfile(photo.path, target)
        return target

    def add(self, photo: LabelledPhoto) -> tuple[str, str]:
        """Record the tags of a photo, and return its name and its path in tags.csv."""
        assert photo.path is not None
        file = photo.path.relative_to(self.root / "images")
        image = f"images/{file.as_posix()}"
        split = _SPLITS.get((photo.split or "").lower(), "")
        tags = ";".join(name for name in self.classes if name in photo.shown)
        self._rows.append([image, tags, split])
        stem = file.with_suffix("").as_posix()
        return self._named(stem, file.as_posix()), image

    def _named(self, stem: str, file: str) -> str:
        """Return the name of a photo; photos that differ only in their suffix keep it."""
        first = self._first.setdefault(stem, file)
        if first == file:
            return stem
        for folder in ("annotations", "masks"):
            with suppress(FileNotFoundError):
                (self.root / folder / f"{stem}.png").rename(self.root / folder / f"{first}.png")
        return file

    def write(self) -> None:
        """Write tags.csv and classes.txt."""
        rows = sorted(self._rows, key=lambda row: str(row[0]))
        splits = {row[2] for row in rows}
        if not splits & {"val", "test"}:  # tools without splits mark all photos as "train"
            rows = [[*row[:2], ""] for row in rows]
        write_text(self.root / "classes.txt", "\n".join(("background", *self.classes)) + "\n")
        write_text(self.root / "tags.csv", csv_text([["image", "tags", "split"], *rows]))
