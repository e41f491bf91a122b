"""Near-duplicates, found by a perceptual hash and verified by the correlation of thumbnails.

The hash is the difference hash: 64 bits, each set where a 9 x 8 thumbnail gets brighter to the
right. Pairs with the same aspect ratio whose hashes differ in few bits, mirrored or not, are
compared by the correlation of their 32 x 32 thumbnails after a high-pass filter. Flat photos have
no details left and match no other photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

SIDE = 32
"""Side of the thumbnails in pixels."""

_BITS, _ALIKE = 10, 0.9
"""The most bits of 64 that may differ, and the least correlation of the details."""

_ASPECT = 0.05
"""The largest difference between the logarithms of two aspect ratios."""

_FLAT = 2.0
"""A photo is flat if the standard deviation of its details is lower, in grey levels."""

_BLOCK = 2048


@dataclass(frozen=True)
class Copy:
    """A pair of near-duplicates.

    Attributes:
        first: index of a photo.
        second: index of the other photo, larger than `first`.
        likeness: correlation of their details, at most 1.
        mirrored: whether one is the mirror image of the other.
    """

    first: int
    second: int
    likeness: float
    mirrored: bool


def thumbnail(pixels: np.ndarray) -> np.ndarray:
    """Resize a photo (H, W, 3) uint8 to (32, 32) float32 grey, 0..255, whatever its aspect."""
    grey = Image.fromarray(pixels).convert("L")
    small = grey.resize((SIDE, SIDE), Image.Resampling.BOX if min(grey.size) >= SIDE
                        else Image.Resampling.BILINEAR)
    return np.asarray(small, np.float32)


def difference_hash(thumbs: np.ndarray) -> np.ndarray:
    """Return where thumbnails get brighter to the right.

    Args:
        thumbs: (N, 32, 32) float32, N of 1 or more.

    Returns:
        (N, 64) bool.
    """
    grid = np.stack([np.asarray(Image.fromarray(thumb).resize((9, 8), Image.Resampling.BOX))
                     for thumb in thumbs])
    return np.asarray(grid[:, :, 1:] > grid[:, :, :-1]).reshape(len(grid), 64)


def find_copies(thumbs: np.ndarray, aspects: np.ndarray) -> list[Copy]:
    """Find all pairs of near-duplicates, mirrored ones included.

    Args:
        thumbs: (N, 32, 32) float32, from `thumbnail`.
        aspects: (N,) width over height of the photos.

    Returns:
        the pairs, sorted by first and second photo, each pair once.
    """
    found: dict[tuple[int, int], Copy] = {}
    if len(thumbs) < 2:
        return []
    hashes, details = difference_hash(thumbs), _details(thumbs)
    for others, mirrored in ((thumbs, False), (np.ascontiguousarray(thumbs[:, :, ::-1]), True)):
        theirs = _details(others)
        for i, j in _near(hashes, difference_hash(others)):
            like = np.einsum("nd,nd->n", details[i], theirs[j])
            like[np.abs(np.log(aspects[i] / aspects[j])) > _ASPECT] = 0
            for a, b, value in zip(i.tolist(), j.tolist(), like.tolist(), strict=True):
                known = found.get((a, b))
                if value >= _ALIKE and (known is None or value > known.likeness):
                    found[a, b] = Copy(a, b, value, mirrored)
    return [found[key] for key in sorted(found)]


def groups_of(copies: Sequence[Copy], photos: int) -> list[list[int]]:
    """Group photos so that near-duplicates of near-duplicates are in one group.

    Args:
        copies: pairs of near-duplicates.
        photos: number of photos.

    Returns:
        the indices of each group, sorted; every photo is in exactly one group, and groups are
        sorted by their first photo.
    """
    parent = list(range(photos))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    for copy in copies:
        one, other = sorted((root(copy.first), root(copy.second)))
        parent[other] = one
    groups: dict[int, list[int]] = {}
    for index in range(photos):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _near(left: np.ndarray, right: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs i < j by blocks; a product of signs is the number of equal minus unequal bits."""
    signs, others = (np.where(bits, 1, -1).astype(np.float32) for bits in (left, right))
    for start in range(0, len(signs), _BLOCK):
        equal = signs[start:start + _BLOCK] @ others[start:].T
        i, j = np.nonzero(equal >= 64 - 2 * _BITS)
        yield i[i < j] + start, j[i < j] + start


def _details(thumbs: np.ndarray) -> np.ndarray:
    """Subtract a blurred copy; return (N, 1024) vectors of length 1, or 0 for flat photos."""
    blurred = [np.asarray(Image.fromarray(thumb.round().astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(4)), np.float32) for thumb in thumbs]
    rest = thumbs - np.stack(blurred)
    flat = rest.reshape(len(thumbs), -1)
    flat = flat - flat.mean(1, keepdims=True)
    spread = flat.std(1, keepdims=True)
    return np.where(spread < _FLAT, 0, flat / np.maximum(spread, 1e-6) / SIDE).astype(np.float32)
