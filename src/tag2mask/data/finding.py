"""Find photos in files and folders, and assign each a unique name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
from tag2mask.data.data_files import data_file
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers import shards
from tag2mask.data.readers.photo_files import folders_in
from tag2mask.data.readers.shards.indexing import photos_in
from tag2mask.data.remote import local_folder

_PREDICTED = ("masks", "overlays", "predictions.csv")
"""Folders and files that identify the output of an earlier prediction."""

EXPLAINED = "explained.csv"
"""The table in a folder of pictures that `explain` has drawn."""

EXPLAINED_COLUMNS = ("image", "picture", "source")


Listed = Sequence[tuple[str, Path]]
"""The photos of a data set: their names, and their files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """A photo; as text where possible, since a path takes several times the memory.

    Attributes:
        path: as the user would write it.
        file: the absolute path without links, which identifies it.
        folder: the input folder that contains it.
        below: the path below that folder.
    """

    path: Path
    file: str
    folder: Path
    below: str


def find_photos(
    inputs: Sequence[Path], out: Path, progress: Progress | None = None, *,
    written: Sequence[str] = _PREDICTED[:2], listed: Sequence[Listed] = (),
) -> list[tuple[str, Path]]:
    """Find photos and name each for its output files.

    A name is the path below the input folder, without the suffix; names that then clash in one
    folder all keep the suffix. If photos of two folders clash, all names begin with the folder's
    name. Names do not depend on the order of the inputs, and a photo in two nested inputs belongs
    to the outer folder.

    Args:
        inputs: photos, folders of photos, and folders of WebDataset shards or one level above
            them; or addresses, which are downloaded once.
        out: folder for the results; pictures written by earlier commands there or elsewhere are
            not photos.
        progress: reports a download.
        written: folders below `out` to which pictures are written; "" for `out` itself.
        listed: the photos of each input as a data set, which may also be in files of tables or
            behind links to folders; nothing if the inputs are not read as data sets.

    Raises:
        InputError: an input does not exist, or there is no photo.
    """
    inputs = [data_file(local_folder(entry, progress)) for entry in inputs]
    photos = list(zip(inputs, listed or [()] * len(inputs), strict=True))
    for entry in inputs:
        if not entry.exists():
            raise InputError(f"{entry} does not exist; give photos or folders of photos.")
    found: dict[str, _Found] = {}
    own = [(out / name).resolve() for name in written]
    for entry, in_data in sorted(photos, key=lambda pair: _outermost(pair[0])):
        for photo in _photos_of(entry, own, in_data):
            found.setdefault(photo.file, photo)
    if not found:
        raise InputError(f"There is no photo in {', '.join(map(str, inputs))}.")
    return list(zip(_names(list(found.values())), (p.path for p in found.values()), strict=True))


def _outermost(entry: Path) -> tuple[bool, int, str]:
    resolved = entry.resolve()
    return entry.is_file(), len(resolved.parts), str(resolved)


def _photos_of(entry: Path, own: Sequence[Path], listed: Listed) -> Iterator[_Found]:
    if not entry.is_dir():
        yield _Found(path=entry, file=str(entry.resolve()), below=entry.name,
                     folder=entry.absolute().parent.resolve())
        return
    folder = entry.resolve()
    if shards.fits(entry):
        yield from _in_shards(entry, folder, "")
        return
    names = _listed(entry)
    made = [*own, *_made_earlier(entry, names)]
    empty = True
    for below in names:
        path = entry / below
        if path.suffix.lower() not in SUFFIXES or _is_hidden(below) or not path.is_file():
            continue
        file = path.resolve()
        if not any(file.is_relative_to(place) for place in made):
            yield _Found(path=path, file=str(file), folder=folder, below=below)
            empty = False
    for inside in folders_in(entry) if empty else ():  # beside photos, a tar file may be anything
        if shards.fits(inside):
            yield from _in_shards(inside, folder, f"{inside.name}/")
    for name, path in listed:
        file = path.resolve()
        if not any(file.is_relative_to(place) for place in made):
            yield _Found(path=path, file=str(file), folder=folder, below=_below(name, path, entry))


def _is_hidden(below: str) -> bool:
    return "/." in f"/{below}"


def _below(name: str, path: Path, entry: Path) -> str:
    """Return where a listed photo is below a folder; its name if elsewhere or hidden."""
    if path.is_relative_to(entry):
        below = path.relative_to(entry).as_posix()
        if not _is_hidden(below):
            return below
    return f"{name}{path.suffix}"


def _in_shards(shards_folder: Path, folder: Path, above: str) -> Iterator[_Found]:
    """Yield the photos in shards; `above` leads from the input folder to theirs."""
    for below, path in photos_in(shards_folder):
        yield _Found(path=path, file=str(path.resolve()), folder=folder, below=f"{above}{below}")


def _listed(folder: Path) -> list[str]:
    """List the files below a folder, in the order of their paths."""
    names: list[str] = []
    for top, _, files in os.walk(folder):
        below = Path(top).relative_to(folder).as_posix()
        names += files if below == "." else [f"{below}/{name}" for name in files]
    return sorted(names, key=lambda name: os.path.normcase(name).replace(os.sep, "\0"))


def is_explained(folder: Path) -> bool:
    """Return whether a folder holds pictures that `explain` has drawn."""
    try:
        with (folder / EXPLAINED).open(encoding="utf-8", errors="replace") as file:
            return file.readline(100) == ",".join(EXPLAINED_COLUMNS) + "\n"
    except OSError:
        return False


def _made_earlier(entry: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield the folders of masks, overlays and maps that earlier commands have drawn."""
    for below in names:
        if not below.endswith((_PREDICTED[2], EXPLAINED)):
            continue
        name, folder = PurePosixPath(below).name, (entry / below).parent
        if name == _PREDICTED[2] and all((folder / name).exists() for name in _PREDICTED):
            yield from ((folder / name).resolve() for name in _PREDICTED[:2])
        elif name == EXPLAINED and is_explained(folder):
            yield folder.resolve()


def _names(photos: Sequence[_Found]) -> list[str]:
    """Return a unique name for each photo."""
    stems = [PurePosixPath(photo.below).with_suffix("").as_posix() for photo in photos]
    within = Counter((photo.folder, stem) for photo, stem in zip(photos, stems, strict=True))
    plain = [photo.below if within[photo.folder, stem] > 1 else stem
             for photo, stem in zip(photos, stems, strict=True)]
    if len(set(plain)) < len(plain):
        labels = _labels(sorted({photo.folder for photo in photos}))
        plain = [(labels[photo.folder] / name).as_posix()
                 for photo, name in zip(photos, plain, strict=True)]
    return _numbered(plain)


def _labels(folders: Sequence[Path]) -> dict[Path, PurePosixPath]:
    """Shorten each folder to the last parts that are needed to distinguish all."""
    parts = {folder: folder.parts[1:] or ("root",) for folder in folders}
    longest = max(len(names) for names in parts.values())
    for depth in range(1, longest + 1):
        labels = {folder: PurePosixPath(*names[-depth:]) for folder, names in parts.items()}
        if len(set(labels.values())) == len(labels):
            break
    return labels


def _numbered(names: Sequence[str]) -> list[str]:
    """Distinguish remaining equal names by a number, as for cam/a/x and cam + a/x."""
    seen: Counter[str] = Counter()
    taken, result = set(names), []
    for name in names:
        seen[name] += 1
        new, number = name, seen[name]
        while seen[name] > 1 and new in taken:
            new, number = f"{name}-{number}", number + 1
        taken.add(new)
        result.append(new)
    return result
