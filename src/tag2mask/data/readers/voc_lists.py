"""Read Pascal VOC's lists of the photos in each split, in the forms that people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.wording import listing
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.names import read_text
from tag2mask.data.readers.photo_files import entry
from tag2mask.data.readers.splits import SYNONYMS

FOLDERS = ("Segmentation", "Main", ".", "Layout")
"""Folders of lists in ImageSets; the first one with any lists is used."""

_AUGMENTED = re.compile(r"(train|training)[ _-]?aug(mented)?", re.IGNORECASE)
_TOGETHER = ("trainval", "default", "all")


@dataclass(frozen=True, kw_only=True)
class Lists:
    """The contents of the lists."""

    splits: dict[str, str | None]
    """The split of every listed photo, by its place in JPEGImages without suffix, or by the text as
    written if there is no such photo; None: listed without a split."""
    notices: tuple[str, ...] = ()


def read_lists(root: Path, photos: Sequence[str]) -> Lists:
    """Read the lists of a data set.

    Args:
        root: the data set's folder.
        photos: places of the photos below JPEGImages, without suffix.

    Raises:
        InputError: a photo is in two splits.
    """
    files = _files(root)
    names = _Names(photos)
    notices = []
    splits: dict[str, str | None] = {}
    by_split = _by_split(files)
    folder = next(iter(files.values())).parent if files else root
    if files and folder.name != "Segmentation":
        notices.append(f"The splits are those in {folder}, as there are none in "
                       f"ImageSets/Segmentation.")
    if (notice := _larger_notice(by_split, files)):
        notices.append(notice)
    origin: dict[str, Path] = {}
    for split, path in by_split:
        for name in names.read(path):
            other = splits.setdefault(name, split)
            if other != split:
                raise InputError(
                    f"{name} is in both {origin[name].name} and {path.name} of {path.parent}; "
                    f"remove it from one."
                )
            origin.setdefault(name, path)
    if not {"train", "val"} <= set(splits.values()):
        for path in (files[stem] for stem in _TOGETHER if stem in files):
            for name in names.read(path):
                splits.setdefault(name, None)
    return Lists(splits=splits, notices=tuple(notices))


def class_lists(root: Path, photos: Sequence[str]) -> dict[str, set[str]]:
    """Read ImageSets/Main/CLASS_trainval.txt, with 1 or -1 after each name: tags by photo.

    A photo that is in no such list is missing in the result.
    """
    names = _Names(photos)
    tags: dict[str, set[str]] = {}
    folder = entry(root / "ImageSets", "Main") or root / "ImageSets" / "Main"
    for path in sorted(folder.glob("*_*.txt")) if folder.is_dir() else ():
        label, _, split = path.stem.rpartition("_")
        if split.lower() not in {*SYNONYMS, "trainval"}:
            continue
        for line in _lines(path):
            name, _, sign = line.rpartition(" ")
            if sign in ("0", "1", "-1") and (known := names.known(name.strip())):
                present = tags.setdefault(known, set())
                if sign != "-1":  # 0: difficult, but present
                    present.add(label)
    return tags


class _Names:
    """Finds the photo that a line of a list names."""

    def __init__(self, photos: Sequence[str]) -> None:
        self._photos = set(photos)
        self._lower: dict[str, str] = {}
        self._stems: dict[str, list[str]] = {}
        for photo in photos:
            self._lower.setdefault(photo.casefold(), photo)
            self._stems.setdefault(PurePosixPath(photo).name.casefold(), []).append(photo)

    def read(self, path: Path) -> Iterator[str]:
        """Yield the photos of a list; the text as written if there is no such photo."""
        for line in _lines(path):
            yield self.known(line) or _first(line)

    def known(self, line: str) -> str | None:
        """Return the photo named by the whole line, or else by its first part."""
        words = re.split(r"([\s,;]+)", line)
        for count in range(len(words), 0, -2):
            found = self._photo("".join(words[:count]))
            if found is not None:
                return found
        return None

    def _photo(self, text: str) -> str | None:
        place = _place(text)
        if place in self._photos:
            return place
        if place.casefold() in self._lower:
            return self._lower[place.casefold()]
        if ".." in PurePosixPath(text).parts:
            return None
        alike = self._stems.get(PurePosixPath(place).name.casefold(), [])
        return alike[0] if len(alike) == 1 else None


def _place(text: str) -> str:
    """Return a path written in a list as a place below JPEGImages, without photo suffix."""
    path = text.strip().strip("\"'").replace("\\", "/")
    path = re.sub(r"^.*\bJPEGImages/", "", path, flags=re.IGNORECASE).lstrip("/").removeprefix("./")
    suffix = PurePosixPath(path).suffix
    return path[: -len(suffix)] if suffix.lower() in SUFFIXES else path


def _first(line: str) -> str:
    return re.split(r"\s+-?[01]$|[,;\t]|\s(?=\S*/)", line)[0].strip() or line


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def _files(root: Path) -> dict[str, Path]:
    """Return the lists by their stem in lower case, from the first folder that has any."""
    top = entry(root, "ImageSets")
    if top is None:
        return {}
    for name in FOLDERS:
        folder = top if name == "." else entry(top, name)
        if folder is None or not folder.is_dir():
            continue
        found = {p.stem.lower(): p for p in sorted(folder.iterdir())
                 if p.suffix.lower() == ".txt" and p.is_file() and p.stat().st_size}
        known = {stem: path for stem, path in found.items()
                 if stem in SYNONYMS or stem in _TOGETHER or _AUGMENTED.fullmatch(stem)}
        if known:
            return known
    return {}


def _by_split(files: dict[str, Path]) -> list[tuple[str, Path]]:
    """Return the lists of splits; the larger of train.txt and train_aug.txt is used for train."""
    order = ("train", "val", "test")
    named = [(split, files[stem]) for stem, split in SYNONYMS.items() if stem in files]
    larger = [path for stem, path in files.items() if _AUGMENTED.fullmatch(stem)]
    train = [path for split, path in named if split == "train"]
    if larger and len(_lines(larger[0])) > sum(len(_lines(path)) for path in train):
        named = [(s, p) for s, p in named if s != "train"] + [("train", larger[0])]
    return sorted(named, key=lambda item: order.index(item[0]))


def _larger_notice(by_split: list[tuple[str, Path]], files: dict[str, Path]) -> str:
    used = [path for split, path in by_split if split == "train"]
    if not used or not _AUGMENTED.fullmatch(used[0].stem):
        return ""
    smaller = [p for stem, p in files.items() if SYNONYMS.get(stem) == "train"]
    instead = f" in place of {listing([p.name for p in smaller])}" if smaller else ""
    return (f"{used[0].name} with {len(_lines(used[0])):,} photos is used for training{instead}; "
            f"remove it to train on the smaller list.")
