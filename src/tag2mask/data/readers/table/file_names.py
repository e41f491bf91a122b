"""Find the photos of a table on disk: by their exact name, or by one that is equivalent."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import unquote

from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.names import is_hidden, stem, top_folder, without_extension
from tag2mask.data.readers.photo_files import is_kind
from tag2mask.data.readers.table.spellings import clean_name

Value = TypeVar("Value")

_NO_PHOTOS = frozenset({
    "mask", "masks", "label", "labels", "annotation", "annotations", "ground_truth", "groundtruth",
    "gt", "segmentation", "segmentations", "segmentationclass", "segmentationobject",
})
"""Folders, in lower case, whose pictures are not photos unless the table names them."""

_USUAL = "images/"
"""The folder beside the table whose photos may be listed without it, which is not a difference."""


def photo_files(root: Path) -> Iterator[str]:
    """Yield the paths below a folder of photos that are not hidden or in folders of masks.

    Returns strings, because creating paths for 50,000 photos takes seconds.
    """
    return (path for path, _ in _pictures(root))


def _pictures(root: Path) -> Iterator[tuple[str, bool]]:
    """Yield the path of each photo, and whether it is a file rather than, say, a broken link."""
    seen: set[str] = set()
    waiting = [""]
    while waiting:
        top = waiting.pop()
        real = os.path.realpath(f"{root}/{top}")
        if real in seen:  # a link forms a cycle
            continue
        seen.add(real)
        folders, files = _listed(real)
        yield from ((f"{top}{name}", files[name]) for name in sorted(files))
        waiting += [f"{top}{name}/" for name in sorted(folders, reverse=True)]


def _listed(folder: str) -> tuple[list[str], dict[str, bool]]:
    """Return the folders and photos in a folder; a photo that is no file is marked False."""
    folders: list[str] = []
    files: dict[str, bool] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if is_hidden(name):
                continue
            if is_kind(entry.is_dir):
                if name.lower() not in _NO_PHOTOS:
                    folders.append(name)
            elif name.lower().endswith(SUFFIXES):
                files[name] = is_kind(entry.is_file)
    return folders, files


class FileNames:
    """Finds listed photos below a data set's folder, which is read when it is first needed."""

    def __init__(self, root: Path) -> None:
        """Store the folder."""
        self.root = root
        self.differences: dict[str, tuple[str, str]] = {}
        """The first name in the table and the one on disk, for each kind of difference."""
        self.counts: Counter[str] = Counter()
        """Number of names with each kind of difference."""

    @cached_property
    def on_disk(self) -> Sequence[str]:
        """The photos below the root."""
        return list(self._files)

    @cached_property
    def _files(self) -> Mapping[str, bool]:
        return dict(_pictures(self.root))

    def find_all(self, listed: Iterable[str]) -> dict[str, str]:
        """Return the file of each listed path that has one.

        A file that matches two listed names is only assigned to its exact name.
        """
        wanted = dict.fromkeys(listed)
        found = {path: path for path in wanted if self._files.get(path) or self._is_file(path)}
        guesses = {path: self._guess(path) for path in wanted if path not in found}
        claimed = Counter(guess[0] for guess in guesses.values() if guess)
        claimed.update(found.values())
        for path, guess in guesses.items():
            if guess is None or (claimed[guess[0]] > 1 and guess[1] in (_FOLDER, _SUFFIX)):
                continue
            found[path] = guess[0]
            if guess[0] == _USUAL + path:
                continue
            self.counts[guess[1]] += 1
            self.differences.setdefault(guess[1], (path, guess[0]))
        return found

    def notices(self, table: str) -> tuple[str, ...]:
        """Report differences between the names in the table and those on disk."""
        return tuple(
            f"{number:,} photo{'s are' if number > 1 else ' is'} called otherwise in {table} than "
            f"on the disk ({kind}); the first is {_shown(listed)} there and {_shown(there)} here."
            for kind, number in self.counts.items()
            for listed, there in [self.differences[kind]]
        )

    def unused(self, used: Set[str]) -> list[str]:
        """Return the pictures below the root that are not in `used`."""
        return [path for path in self._files if path not in used]

    def unlisted(self, used: Set[str]) -> list[str]:
        """Return the photos below the root that are not used.

        Pictures named after a used photo beside them or in another folder, as masks are, do not
        count, nor do pictures directly in the root if no photo is there.
        """
        others = self.unused(used)
        if not others:
            return []
        places, tops = set(map(without_extension, used)), set(map(top_folder, used))
        names = set(map(stem, used))
        return sorted((
            path for path in others
            if not _is_beside(path, places)
            and (top_folder(path) in tops or (top_folder(path) and stem(path) not in names))
        ), key=PurePosixPath)

    def _is_file(self, path: str) -> bool:
        return os.path.isfile(f"{self.root}/{path}")  # noqa: PTH113 - a path takes longer

    def _guess(self, path: str) -> tuple[str, str] | None:
        for name, coded in ((path, ""), (unquote(path), _CODED)):
            for kind, index, key in (
                (_FORM, self._by_form, _form(name)),
                (_CASE, self._by_case, _form(name).lower()),
                (_SUFFIX, self._by_stem, _stem(name)),
            ):
                if len(index.get(key, ())) == 1:
                    return index[key][0], coded or kind
            elsewhere = self._in_other_folders(name)
            if elsewhere is not None:
                return elsewhere, _FOLDER
        return None

    def _in_other_folders(self, name: str) -> str | None:
        """Find the only file whose path ends with the listed one, or the other way round."""
        for key, index in ((_form(name).lower(), self._by_last), (_stem(name), self._by_last_stem)):
            last = key.rpartition("/")[2]
            for_all = index.get(last, ())
            fitting = [there for there, full in for_all
                       if full.endswith("/" + key) or key.endswith("/" + full)]
            if len(fitting) == 1 and len(for_all) == 1:
                return fitting[0]
        return None

    @cached_property
    def _by_form(self) -> Mapping[str, Sequence[str]]:
        return _index((_form(path), path) for path in self._files)

    @cached_property
    def _by_case(self) -> Mapping[str, Sequence[str]]:
        return _index((_form(path).lower(), path) for path in self._files)

    @cached_property
    def _by_stem(self) -> Mapping[str, Sequence[str]]:
        return _index((_stem(path), path) for path in self._files)

    @cached_property
    def _by_last(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        full = ((path, _form(path).lower()) for path in self._files)
        return _index((key.rpartition("/")[2], (path, key)) for path, key in full)

    @cached_property
    def _by_last_stem(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        full = ((path, _stem(path)) for path in self._files)
        return _index((key.rpartition("/")[2], (path, key)) for path, key in full)


_FORM, _CASE, _SUFFIX = "Unicode form of letters", "upper or lower case", "extension"
_FOLDER, _CODED = "folder", "%20 or the like"


def _is_beside(path: str, places: Set[str]) -> bool:
    """Return whether a file is named after a used photo in its folder, as `a_mask.png` is."""
    place = without_extension(path)
    first = place.rfind("/") + 2  # a name has at least one letter
    cuts = (len(place), *(i for i in range(first, len(place)) if place[i] in "_-."))
    return any(place[:cut] in places and _is_mask_word(place[cut:]) for cut in cuts)


def _is_mask_word(end: str) -> bool:
    return end.strip("_-. ").lower() in {"", *_NO_PHOTOS, "seg", "gtfine_labelids", "pseudo"}


def _index(pairs: Iterable[tuple[str, Value]]) -> dict[str, list[Value]]:
    index: dict[str, list[Value]] = defaultdict(list)
    for key, value in pairs:
        index[key].append(value)
    return index


def _form(name: str) -> str:
    """Return a path in one Unicode form, without invisible characters."""
    return unicodedata.normalize("NFC", clean_name(name))


def _stem(name: str) -> str:
    """Return a path in one form, without a photo suffix."""
    key = _form(name).lower()
    suffix = PurePosixPath(key).suffix
    return key.removesuffix(suffix) if suffix in SUFFIXES else key


def _shown(name: str) -> str:
    """Return a name with unprintable and ambiguous characters as escapes."""
    plain = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.combining(c) else c for c in plain
    )
