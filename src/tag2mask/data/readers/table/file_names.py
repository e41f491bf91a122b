"""Find the photos of a table on disk: by their exact name, or by one that is equivalent."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import unquote

from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.names import is_hidden
from tag2mask.data.readers.table.spellings import clean_name

Value = TypeVar("Value")

_NO_PHOTOS = frozenset({
    "mask", "masks", "label", "labels", "annotation", "annotations", "ground_truth", "groundtruth",
    "gt", "segmentation", "segmentations", "segmentationclass", "segmentationobject",
})
"""Folders, in lower case, whose pictures are not photos unless the table names them."""


def photo_files(root: Path) -> Iterator[str]:
    """Yield the paths below a folder of photos that are not hidden or in folders of masks.

    Returns strings, because creating paths for 50,000 photos takes seconds.
    """
    seen: set[str] = set()
    for top, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(top)
        if real in seen:  # a link forms a cycle
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders
                            if not is_hidden(f) and f.lower() not in _NO_PHOTOS)
        below = Path(top).relative_to(root).as_posix()
        start = "" if below == "." else f"{below}/"
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not is_hidden(name):
                yield start + name


class FileNames:
    """Finds listed photos below a data set's folder; the disk is read only when needed."""

    def __init__(self, root: Path) -> None:
        """Store the folder."""
        self.root = root
        self.differences: dict[str, tuple[str, str]] = {}
        """The first name in the table and the one on disk, for each kind of difference."""
        self.counts: Counter[str] = Counter()
        """Number of names with each kind of difference."""

    @cached_property
    def on_disk(self) -> list[PurePosixPath]:
        """The photos below the root."""
        return [PurePosixPath(path) for path in self._texts]

    @cached_property
    def _texts(self) -> list[str]:
        return list(photo_files(self.root))

    def find_all(
        self, listed: Iterable[PurePosixPath]
    ) -> dict[PurePosixPath, PurePosixPath]:
        """Return the file of each listed path that has one.

        A file that matches two listed names is only assigned to its exact name.
        """
        wanted = list(dict.fromkeys(listed))
        root = str(self.root)  # strings again: a path per photo would take seconds
        found = {path: path for path in wanted if os.path.isfile(f"{root}/{path}")}  # noqa: PTH113
        guesses = {path: self._guess(path) for path in wanted if path not in found}
        claimed = Counter(guess[0] for guess in guesses.values() if guess)
        claimed.update(found.values())
        for path, guess in guesses.items():
            if guess is None or (claimed[guess[0]] > 1 and guess[1] in (_FOLDER, _SUFFIX)):
                continue
            found[path] = guess[0]
            self.counts[guess[1]] += 1
            self.differences.setdefault(guess[1], (path.as_posix(), guess[0].as_posix()))
        return found

    def notices(self, table: str) -> tuple[str, ...]:
        """Report differences between the names in the table and those on disk."""
        return tuple(
            f"{number:,} photo{'s are' if number > 1 else ' is'} called otherwise in {table} than "
            f"on the disk ({kind}); the first is {_shown(listed)} there and {_shown(there)} here."
            for kind, number in self.counts.items()
            for listed, there in [self.differences[kind]]
        )

    def unused(self, used: Collection[PurePosixPath]) -> list[PurePosixPath]:
        """Return the pictures below the root that are not in `used`."""
        known = {str(path) for path in used}
        return [PurePosixPath(path) for path in self._texts if path not in known]

    def unlisted(self, used: Collection[PurePosixPath]) -> list[PurePosixPath]:
        """Return the photos below the root that are not used.

        Pictures named after a used photo beside them or in another folder, as masks are, do not
        count, nor do pictures directly in the root if no photo is there.
        """
        others = self.unused(used)
        if not others:
            return []
        stems, tops = {path.with_suffix("") for path in used}, {_top(path) for path in used}
        names = {path.stem for path in used}
        return sorted(
            path for path in others
            if not _is_beside(path, stems)
            and (_top(path) in tops or (_top(path) and path.stem not in names))
        )

    def _guess(self, path: PurePosixPath) -> tuple[PurePosixPath, str] | None:
        for name, coded in ((path.as_posix(), ""), (unquote(path.as_posix()), _CODED)):
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

    def _in_other_folders(self, name: str) -> PurePosixPath | None:
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
    def _by_form(self) -> Mapping[str, Sequence[PurePosixPath]]:
        return _index((_form(path.as_posix()), path) for path in self.on_disk)

    @cached_property
    def _by_case(self) -> Mapping[str, Sequence[PurePosixPath]]:
        return _index((_form(path.as_posix()).lower(), path) for path in self.on_disk)

    @cached_property
    def _by_stem(self) -> Mapping[str, Sequence[PurePosixPath]]:
        return _index((_stem(path.as_posix()), path) for path in self.on_disk)

    @cached_property
    def _by_last(self) -> Mapping[str, Sequence[tuple[PurePosixPath, str]]]:
        full = ((path, _form(path.as_posix()).lower()) for path in self.on_disk)
        return _index((key.rpartition("/")[2], (path, key)) for path, key in full)

    @cached_property
    def _by_last_stem(self) -> Mapping[str, Sequence[tuple[PurePosixPath, str]]]:
        full = ((path, _stem(path.as_posix())) for path in self.on_disk)
        return _index((key.rpartition("/")[2], (path, key)) for path, key in full)


_FORM, _CASE, _SUFFIX = "Unicode form of letters", "upper or lower case", "extension"
_FOLDER, _CODED = "folder", "%20 or the like"


def _top(path: PurePosixPath) -> str:
    return path.parts[0] if len(path.parts) > 1 else ""


def _is_beside(path: PurePosixPath, stems: set[PurePosixPath]) -> bool:
    """Return whether a file is named after a used photo in its folder, as `a_mask.png` is."""
    stem = path.stem
    cuts = (len(stem), *(i for i, c in enumerate(stem) if c in "_-."))
    return any(cut and path.with_name(stem[:cut]) in stems and _is_mask_word(stem[cut:])
               for cut in cuts)


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
