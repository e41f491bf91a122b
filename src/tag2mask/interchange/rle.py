"""Run-length encodings of masks: COCO's, as numbers and as its compressed string."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_OFFSET = 48
"""The string's characters start at "0"; each holds 5 bits and one that says that more follow."""
_MOST_GROUPS = 13


def runs(flat: npt.NDArray[np.bool_]) -> Counts:
    """Count the runs of a flat mask, starting with those of False, which may be none."""
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate(([0], ends, [flat.size])))
    return np.concatenate(([0], counts)) if flat.size and flat[0] else counts


def from_runs(counts: npt.ArrayLike, size: int) -> npt.NDArray[np.bool_]:
    """Turn runs back into a flat mask.

    Raises:
        ValueError: a run is negative, or they do not add up to `size`.
    """
    numbers = np.asarray(counts, np.int64).ravel()
    total = int(numbers.sum())
    if (numbers < 0).any() or total != size:
        raise ValueError(f"its runs make {total:,} pixels, but its size has {size:,}")
    return np.repeat(np.arange(len(numbers)) % 2 == 1, numbers)


def encode(mask: Mask) -> Counts:
    """Count the runs of an (H, W) mask down its columns, as COCO does."""
    return runs(mask.ravel(order="F"))


def decode(counts: npt.ArrayLike, size: tuple[int, int]) -> Mask:
    """Turn COCO's runs into an (H, W) mask.

    Raises:
        ValueError: they do not fit the size.
    """
    return from_runs(counts, size[0] * size[1]).reshape(size, order="F")


def to_string(counts: Counts) -> str:
    """Compress runs as COCO does: differences to the run before last, 5 bits per character."""
    values = counts.copy()
    values[3:] -= counts[1:-2]
    shifts = 5 * np.arange(_MOST_GROUPS)
    groups = values[:, None] >> shifts
    # The last group's highest bit is the sign, and what is left must be nothing but the sign.
    rest, sign = groups >> 5, (groups & 0x10) > 0
    last = np.where(sign, rest == -1, rest == 0)
    length = last.argmax(axis=1)
    used = np.arange(_MOST_GROUPS) <= length[:, None]
    more = np.arange(_MOST_GROUPS) < length[:, None]
    letters = (groups & 0x1F) + np.where(more, 0x20, 0) + _OFFSET
    text: str = letters[used].astype(np.uint8).tobytes().decode("ascii")
    return text


def from_string(text: str) -> Counts:
    """Read a compressed string.

    Raises:
        ValueError: it has characters that do not belong there, or ends too early.
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
