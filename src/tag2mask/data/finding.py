"""Find photos in files and folders, and assign each a unique name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.progress import Progress
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers import shards
from tag2mask.data.readers.shards.unpacking import photos_in
from tag2mask.data.remote import local_folder

_PREDICTED = ("masks", "overlays", "predictions.csv")
"""Folders and files that identify the output of an earlier prediction."""


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A photo, the input folder that contains it, and its path below that folder."""

    path: Path
    folder: Path
    below: PurePosixPath


def find_photos(
    inputs: Sequence[Path], out: Path, progress: Progress | None = None
) -> list[tuple[str, Path]]:
    """Find photos and name each for its output files.

    A name is the path below the input folder, without the suffix; names that then clash in one
    folder all keep the suffix. If photos of two folders clash, all names begin with the folder's
    name. Names do not depend on the order of the inputs, and a photo in two nested inputs belongs
    to the outer folder.

    Args:
        inputs: photos, folders of photos, and folders of WebDataset shards, which are unpacked;
            or addresses of them, which are downloaded once.
        out: folder for predictions; files in it, and files written by an earlier prediction
            elsewhere, are not photos.
        progress: reports a download.

    Raises:
        InputError: an input does not exist, or there is no photo.
    """
    inputs = [local_folder(entry, progress) for entry in inputs]
    for entry in inputs:
        if not entry.exists():
            raise InputError(f"{entry} does not exist; give photos or folders of photos.")
    found: dict[Path, _Found] = {}
    own = [(out / name).resolve() for name in _PREDICTED[:2]]
    for entry in sorted(inputs, key=_outermost):
        for photo in _photos_of(entry, own):
            found.setdefault(photo.path.resolve(), photo)
    if not found:
        raise InputError(f"There is no photo in {', '.join(map(str, inputs))}.")
    return list(zip(_names(list(found.values())), (p.path for p in found.values()), strict=True))


def _outermost(entry: Path) -> tuple[bool, int, str]:
    resolved = entry.resolve()
    return entry.is_file(), len(resolved.parts), str(resolved)


def _photos_of(entry: Path, own: Sequence[Path]) -> Iterator[_Found]:
    if not entry.is_dir():
        yield _Found(path=entry, folder=entry.absolute().parent.resolve(),
                     below=PurePosixPath(entry.name))
        return
    if shards.fits(entry):
        yield from (_Found(path=path, folder=entry.resolve(), below=PurePosixPath(below))
                    for below, path in photos_in(entry))
        return
    predicted = [*own, *_earlier_predictions(entry)]
    for path in sorted(entry.rglob("*")):
        below = path.relative_to(entry)
        if path.suffix.lower() not in SUFFIXES or any(p.startswith(".") for p in below.parts):
            continue
        if path.is_file() and not any(path.resolve().is_relative_to(place) for place in predicted):
            yield _Found(path=path, folder=entry.resolve(), below=PurePosixPath(below.as_posix()))


def _earlier_predictions(entry: Path) -> list[Path]:
    """Return the folders of masks and overlays from earlier predictions below a folder."""
    return [
        (table.parent / name).resolve() for table in entry.rglob(_PREDICTED[2])
        if all((table.parent / name).exists() for name in _PREDICTED) for name in _PREDICTED[:2]
    ]


def _names(photos: Sequence[_Found]) -> list[str]:
    """Return a unique name for each photo."""
    within = Counter((photo.folder, photo.below.with_suffix("")) for photo in photos)
    plain = [
        photo.below if within[photo.folder, photo.below.with_suffix("")] > 1
        else photo.below.with_suffix("") for photo in photos
    ]
    if len(set(plain)) < len(plain):
        labels = _labels(sorted({photo.folder for photo in photos}))
        plain = [labels[photo.folder] / name for photo, name in zip(photos, plain, strict=True)]
    return _numbered([name.as_posix() for name in plain])


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
