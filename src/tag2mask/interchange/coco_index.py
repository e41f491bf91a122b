"""Index of the positions of the annotations of each photo in a COCO file."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Problem
from tag2mask.interchange.class_tables import BACKGROUNDS
from tag2mask.interchange.json_items import Items, Span, Value, items

Entry = dict[str, Value]
_FOLDERS = ("", "images", "train2017", "val2017", "train2014", "val2014", "data")


def rings_of(segmentation: Value) -> list[Value] | None:
    """Return the non-empty polygons of a segmentation, or None if it is not a list."""
    if not isinstance(segmentation, list):
        return None
    nested = any(isinstance(ring, list) for ring in segmentation)
    return [ring for ring in segmentation if ring != []] if nested else \
        [segmentation] if segmentation else []


class CocoIndex:
    """Images and categories of a COCO file, and the positions of its annotations."""

    def __init__(self, path: Path) -> None:
        """Index the file in one pass.

        Raises:
            InputError: the file is not a COCO file.
        """
        self.path = path
        self.problems: list[Problem] = []
        self.has_masks = False
        self.has_background = False
        self._images: list[Span] = []
        self._categories: list[Span] = []
        self._begin, self._end, self._owner = array("q"), array("q"), array("q")
        self._numbers: dict[object, int] = {}
        for key, span, value in items(path):
            self._note(key, span, value)
        self.split = next((split for split in ("train", "val", "test")
                           if split in path.stem.lower()), None)
        self._items = Items(path)
        self.classes, self.ids, self._labels = self._class_table()

    @staticmethod
    @contextmanager
    def of(path: Path) -> Iterator[CocoIndex]:
        """Open an index as a context manager that closes its file."""
        index = CocoIndex(path)
        try:
            yield index
        finally:
            index._items.close()

    def _note(self, key: str, span: Span, value: Value) -> None:
        if not isinstance(value, dict):
            return
        if key == "images":
            self._images.append(span)
            self._number(value.get("id"))
        elif key == "categories":
            self._categories.append(span)
        elif key == "annotations":
            found = value.get("segmentation")
            self.has_masks |= bool(found) and rings_of(found) != []
            self._begin.append(span[0])
            self._end.append(span[1])
            self._owner.append(self._number(value.get("image_id")))

    def _number(self, identity: Value) -> int:
        if isinstance(identity, list | dict):
            return -1
        return self._numbers.setdefault(identity, len(self._numbers))

    def _class_table(self) -> tuple[tuple[str, ...], dict[str, int], dict[object, int]]:
        names: list[str] = []
        ids: dict[str, int] = {}
        labels: dict[object, int] = {}
        for span in self._categories:
            entry = cast("Entry", self.read(span))
            name, identity = str(entry.get("name", "")).strip(), entry.get("id")
            if not name or not isinstance(identity, int):
                self.problems.append(Problem(photo=f"category {identity}",
                                             why="It has no name or no number."))
                continue
            if name.casefold() in BACKGROUNDS:
                labels[identity] = 0
                self.has_background = True
                continue
            if name in names:
                self.problems.append(Problem(photo=name, why=f"Two categories are called {name!r}; "
                                             "they were joined."))
            else:
                names.append(name)
                ids[name] = identity
            labels[identity] = names.index(name) + 1
        if not names:
            raise InputError(f"{self.path} lists no category; export it with its categories.")
        return tuple(names), ids, labels

    def read(self, span: Span) -> Value:
        """Read the item at a position in the file."""
        return self._items.read(span)

    def label(self, category: Value) -> int | None:
        """Return the label of a category id, 0 for the background."""
        return None if isinstance(category, list | dict) else self._labels.get(category)

    def images(self) -> Iterator[tuple[Entry, list[Entry]]]:
        """Yield each image entry with its annotation entries, as stored in the file."""
        owner = np.frombuffer(self._owner, np.int64) if self._owner else np.zeros(0, np.int64)
        order = np.argsort(owner, kind="stable")
        ordered = owner[order]
        seen: set[int] = set()
        for span in self._images:
            image = cast("Entry", self.read(span))
            this = self._number(image.get("id"))
            if this in seen or this < 0:
                self.problems.append(Problem(photo=str(image.get("file_name")), left_out=True,
                                             why=f"The image id {image.get('id')} is there twice; "
                                             "the first was taken."))
                continue
            seen.add(this)
            first, last = np.searchsorted(ordered, [this, this + 1])
            yield image, [
                cast("Entry", self.read((self._begin[at], self._end[at])))
                for at in order[first:last].tolist()
            ]
        strays = sum(count not in seen for count in owner.tolist())
        if strays:
            self.problems.append(Problem(photo=self.path.name, why=f"{strays:,} annotations belong "
                                         "to images that are not listed."))

    def photo(self, file: str) -> Path | None:
        """Find a photo beside the file."""
        for top in (self.path.parent, self.path.parent.parent):
            for folder in _FOLDERS:
                if (top / folder / file).is_file():
                    return top / folder / file
        return None
