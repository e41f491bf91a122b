"""COCO's run-length encodings of masks, as numbers and as compressed strings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_OFFSET = 48
"""Code of the first character, "0"; each character holds 5 bits and a continuation bit."""
_MOST_GROUPS = 13


def runs(flat: npt.NDArray[np.bool_]) -> Counts:
    """Compute the run lengths of a flat mask; the first run is of False and may be 0."""
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate(([0], ends, [flat.size])))
    return np.concatenate(([0], counts)) if flat.size and flat[0] else counts


def from_runs(counts: npt.ArrayLike, size: int) -> npt.NDArray[np.bool_]:
    """Convert runs to a flat mask.

    Raises:
        ValueError: a run is negative, or the sum of all runs is not `size`.
    """
    numbers = np.asarray(counts, np.int64).ravel()
    total = int(numbers.sum())
    if (numbers < 0).any() or total != size:
        raise ValueError(f"its runs make {total:,} pixels, but its size has {size:,}")
    return np.repeat(np.arange(len(numbers)) % 2 == 1, numbers)


def encode(mask: Mask) -> Counts:
    """Compute the runs of an (H, W) mask in column-major order, as in COCO."""
    return runs(mask.ravel(order="F"))


def decode(counts: npt.ArrayLike, size: tuple[int, int]) -> Mask:
    """Convert COCO runs to an (H, W) mask.

    Raises:
        ValueError: the runs do not match the size.
    """
    return from_runs(counts, size[0] * size[1]).reshape(size, order="F")


def to_string(counts: Counts) -> str:
    """Compress runs to a COCO string: differences to the run before last, 5 bits per character."""
    values = counts.copy()
    values[3:] -= counts[1:-2]
    shifts = 5 * np.arange(_MOST_GROUPS)
    groups = values[:, None] >> shifts
    # The highest bit of the last group is the sign; all remaining bits must equal it.
    rest, sign = groups >> 5, (groups & 0x10) > 0
    last = np.where(sign, rest == -1, rest == 0)
    length = last.argmax(axis=1)
    used = np.arange(_MOST_GROUPS) <= length[:, None]
    more = np.arange(_MOST_GROUPS) < length[:, None]
    letters = (groups & 0x1F) + np.where(more, 0x20, 0) + _OFFSET
    text: str = letters[used].astype(np.uint8).tobytes().decode("ascii")
    return text


def from_string(text: str) -> Counts:
    """Decompress a COCO string to runs.

    Raises:
        ValueError: the string has invalid characters or is truncated.
    """
    letters = np.frombuffer(text.encode("ascii", "replace"), np.uint8).astype(np.int64) - _OFFSET
    if not letters.size:
        return np.zeros(0, np.int64)
    if (letters < 0).any() or (letters > 0x3F).any() or letters[-1] & 0x20:
        raise ValueError("its compressed string is damaged or cut short")
    ends = np.flatnonzero((letters & 0x20) == 0)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _MOST_GROUPS - 1:
        raise ValueError("its compressed string is damaged or cut short")
    place = np.arange(letters.size) - np.repeat(starts, lengths)
    values = np.add.reduceat((letters & 0x1F) << (5 * place), starts)
    values -= np.where(letters[ends] & 0x10, np.int64(1) << (5 * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
