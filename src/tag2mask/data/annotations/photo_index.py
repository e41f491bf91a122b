"""Find the photo that an annotation names: by path, file name or name in the data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.splits import hashed_split
from tag2mask.data.readers.table.file_names import photo_files
from tag2mask.data.readers.unpacked import FOLDER as UNPACKED
from tag2mask.data.shard_index import FOLDER as SHARDS

Item = TypeVar("Item")

_OPEN_LAYOUTS = ("tags_csv", "annotated")
"""Layouts that include only photos with an entry in some file."""


@dataclass
class PhotoIndex:
    """Index of the photos of a data set, and of photos beside them that its table does not list."""

    dataset: Dataset
    added: dict[str, Photo] = field(default_factory=dict)
    """Photos without a row of their own that an annotation added, by name; they have no tags."""

    def find(self, image: str) -> Photo | None:
        """Return the photo that a cell or a mask name refers to; None if there is no such photo."""
        key = image.replace("\\", "/").removeprefix("./")
        photo = self._known.get(key) or self._known.get(_stem(key))
        if photo is not None:
            return photo
        path = self._beside.get(key) or self._beside.get(_stem(key))
        return None if path is None else self._add(path)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All photos, sorted by name."""
        both = (*self.dataset.photos, *self.added.values())
        return tuple(sorted(both, key=lambda photo: photo.name)) if self.added else both

    def _add(self, path: PurePosixPath) -> Photo:
        name = path.relative_to(self._image_root).with_suffix("").as_posix() \
            if path.is_relative_to(self._image_root) else path.with_suffix("").as_posix()
        mask = self.dataset.root / "masks" / f"{name}.png"
        relative = PurePosixPath(name)
        return self.added.setdefault(name, Photo(
            name=name, path=self.dataset.root / path, tags=(), split=hashed_split(relative),
            mask=mask if mask.is_file() else None,
        ))

    @cached_property
    def _known(self) -> Mapping[str, Photo]:
        root = self.dataset.root
        return _keys((photo, PurePosixPath(_below(photo.path, root)), photo.name)
                     for photo in self.dataset.photos)

    @cached_property
    def _beside(self) -> Mapping[str, PurePosixPath]:
        """Photos below the root that are not in the data set; read only when needed."""
        root = self.dataset.root
        if self.dataset.layout not in _OPEN_LAYOUTS:
            return {}
        used = {_below(photo.path, root) for photo in self.dataset.photos}
        used |= {problem.photo for problem in self.dataset.left_out}
        paths = [PurePosixPath(path) for path in photo_files(root) if path not in used]
        return _keys((path, path, path.with_suffix("").as_posix()) for path in paths)

    @cached_property
    def _image_root(self) -> PurePosixPath:
        """The folder below the root that photo names omit, such as `images`."""
        for photo in self.dataset.photos:
            path = _stem(_below(photo.path, self.dataset.root))
            if path.endswith(photo.name):
                return PurePosixPath(path[: len(path) - len(photo.name)])
        return PurePosixPath("images" if (self.dataset.root / "images").is_dir() else "")


def _keys(items: Iterable[tuple[Item, PurePosixPath, str]]) -> dict[str, Item]:
    """Map names, paths, file names and stems to items; omit ambiguous keys."""
    every = [(item, (name, path.as_posix(), _stem(path.as_posix())), (path.name, path.stem))
             for item, path, name in items]
    short = Counter(key for _, _, keys in every for key in dict.fromkeys(keys))
    found = {key: item for item, _, keys in every for key in keys if short[key] == 1}
    full = Counter(key for _, keys, _ in every for key in dict.fromkeys(keys))
    return found | {key: item for item, keys, _ in every for key in keys if full[key] == 1}


def _below(path: Path, root: Path) -> str:
    """Return the path below the root, or below the hidden folder of shards or unpacked photos."""
    if not path.is_relative_to(root):
        return path.as_posix()
    below = path.relative_to(root).as_posix()
    return below.removeprefix(f"{UNPACKED}/").removeprefix(f"{SHARDS}/")


def _stem(key: str) -> str:
    suffix = PurePosixPath(key).suffix
    return key[: -len(suffix)] if suffix.lower() in SUFFIXES else key
