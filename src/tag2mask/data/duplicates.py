"""Find photos with byte-identical files without reading most of the bytes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from tag2mask.data.dataset import Photo

_GLANCE = 4096


def same_files(photos: Sequence[Photo]) -> tuple[tuple[Photo, ...], ...]:
    """Return the groups of photos whose files are equal, each in the order of `photos`.

    Files of equal size are compared by a few bytes from their middle, and read in full only where
    those are equal too. Files that cannot be read are left out.
    """
    return tuple(
        tuple(equal)
        for sized in _grouped(photos, _size)
        for alike in _grouped(sized, _middle)
        for equal in _grouped(alike, _hash)
    )


def _grouped(
    photos: Iterable[Photo], key: Callable[[Photo], Hashable | None]
) -> Iterable[list[Photo]]:
    """Return the groups of photos that share a key; photos with the key None are left out."""
    groups: dict[Hashable, list[Photo]] = defaultdict(list)
    for photo in photos:
        try:
            found = key(photo)
        except OSError:
            continue
        if found is not None:
            groups[found].append(photo)
    return [group for group in groups.values() if len(group) > 1]


def _size(photo: Photo) -> int | None:
    return photo.path.stat().st_size or None if photo.path.is_file() else None


def _middle(photo: Photo) -> bytes:
    with photo.path.open("rb", buffering=0) as file:
        file.seek(max(0, (photo.path.stat().st_size - _GLANCE) // 2))
        return hashlib.sha256(file.read(_GLANCE)).digest()


def _hash(photo: Photo) -> bytes:
    digest = hashlib.sha256()
    with photo.path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.digest()
