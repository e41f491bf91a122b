"""Find the files of a data set in Pascal VOC's layout by the names of their photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.data.dataset import Problem
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.names import is_hidden
from tag2mask.data.readers.photo_files import entry

_MASKS = ("SegmentationClass", "SegmentationClassAug", "SegmentationClassPNG",
          "SegmentationClassRaw", "masks")
"""Folders of masks in order of preference: the original one, then those of extended lists."""
_MASK_SUFFIXES = (".png", ".bmp", ".gif", ".tif", ".tiff")


class Files:
    """Files of photos by place, which is the path below their folder without suffix.

    A stem suffices if only one file and one photo have it.
    """

    def __init__(
        self, folders: Iterable[Path], suffixes: Sequence[str], photos: Iterable[str] = ()
    ) -> None:
        """Index the files.

        Args:
            folders: folders in order of precedence.
            suffixes: suffixes in lower case, in order of precedence.
            photos: places of all photos.
        """
        self._photos = Counter(PurePosixPath(photo).name.casefold() for photo in photos)
        self._places: dict[str, Path] = {}
        self._stems: dict[str, list[Path]] = {}
        for folder in folders:
            order = {path: suffixes.index(path.suffix.lower()) for path in walk(folder, suffixes)}
            for path in sorted(order, key=lambda path: (order[path], path)):
                self._places.setdefault(_place(path, folder).casefold(), path)
                self._stems.setdefault(path.stem.casefold(), []).append(path)

    def __bool__(self) -> bool:
        """Return whether there are any files."""
        return bool(self._places)

    def find(self, photo: str) -> Path | None:
        """Return the file of a photo, ignoring case."""
        stem = PurePosixPath(photo).name.casefold()
        found, alike = self._places.get(photo.casefold()), self._stems.get(stem, [])
        return found or (alike[0] if len(alike) == 1 and self._photos[stem] == 1 else None)


def photo_files(base: Path) -> tuple[dict[str, str], list[Problem]]:
    """Return the photos in JPEGImages, at any depth: paths by place; duplicate names are reported.

    JPEGs take precedence: the other file is then a copy of it, or a drawing.
    """
    order = {p: (p.suffix.lower() not in (".jpg", ".jpeg"), p) for p in walk(base, SUFFIXES)}
    files: dict[str, str] = {}
    problems = []
    for path in sorted(order, key=lambda path: order[path]):
        place, name = _place(path, base), path.relative_to(base).as_posix()
        if files.setdefault(place, name) != name:
            why = f"It has the same name as {files[place]}, which is read in its place; rename it."
            problems.append(Problem(photo=name, why=why))
    return dict(sorted(files.items())), problems


def annotation_files(root: Path, photos: Iterable[str]) -> Files:
    """Find the XML files of photos by their places."""
    folder = entry(root, "Annotations")
    return Files([folder] if folder else [], (".xml",), photos)


def mask_files(root: Path, photos: Iterable[str] = ()) -> Files:
    """Find the masks of photos by their places."""
    folders = (entry(root, name) for name in _MASKS)
    return Files([f for f in folders if f is not None], _MASK_SUFFIXES, photos)


def walk(folder: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    """Yield the visible files with one of the suffixes, at any depth."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if is_hidden(path):
            continue
        if path.is_dir():
            if not path.is_symlink():  # a link could lead round in circles
                yield from walk(path, suffixes)
        elif path.suffix.lower() in suffixes and path.is_file():
            yield path


def _place(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()
