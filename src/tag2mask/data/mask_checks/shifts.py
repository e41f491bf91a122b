"""Find the offset by which masks are shifted against their photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tag2mask.data.mask_checks.fitting import SIDE, Mask, Tile, boundary, resampled

_REACH = SIDE // 4
"""Largest offset in pixels of the small photo."""

_NEAR = 3
"""Offsets below this many pixels are inaccurate drawing, not a shift."""

Offset = tuple[int, int]
"""(rows, columns) in pixels of a small photo: positive moves a mask down and right."""


def common_offset(tiles: Sequence[Tile], masks: Sequence[Mask]) -> Offset | None:
    """Return the offset other than zero at which most masks lie best on their photos' edges.

    It is only a candidate: some offset is the most frequent one in healthy sets as well.
    """
    votes: Counter[Offset] = Counter()
    for tile, mask in zip(tiles, masks, strict=True):
        best = _best_offset(tile, mask)
        if best is not None:
            votes.update((best[0] + y, best[1] + x) for y in (-1, 0, 1) for x in (-1, 0, 1))
    far = {o: n for o, n in votes.items() if max(abs(o[0]), abs(o[1])) >= _NEAR}
    return max(far, key=lambda offset: (far[offset], offset)) if far else None


def shifted(mask: Mask, offset: Offset, size: tuple[int, ...]) -> Mask:
    """Move a mask of any size by an offset on a photo of `size`; what enters is background."""
    rows = round(offset[0] * mask.shape[0] / size[0])
    columns = round(offset[1] * mask.shape[1] / size[1])
    moved = np.zeros_like(mask)
    to_y, from_y = _slices(rows, mask.shape[0])
    to_x, from_x = _slices(columns, mask.shape[1])
    moved[to_y, to_x] = mask[from_y, from_x]
    return moved


def offset_name(offset: Offset) -> str:
    """Return an offset that has to be undone as text, in percent of the longer side."""
    words = [
        f"{abs(one) * 100 / SIDE:.0f} % of the photo's longer side {word}"
        for one, word in ((offset[0], "up" if offset[0] > 0 else "down"),
                          (offset[1], "to the left" if offset[1] > 0 else "to the right"))
        if one
    ]
    return "shifted by about " + " and ".join(words)


def _slices(step: int, length: int) -> tuple[slice, slice]:
    if step >= 0:
        return slice(step, length), slice(0, max(0, length - step))
    return slice(0, max(0, length + step)), slice(-step, length)


def _best_offset(tile: Tile, mask: Mask) -> Offset | None:
    """Return the offset with the strongest edges below the boundary, by cross-correlation."""
    drawn = boundary(resampled(mask, tile.ranks.shape)).astype(np.float64)
    if drawn.sum() < SIDE // 4:
        return None
    shape = tuple(side + _REACH for side in tile.ranks.shape)
    ranks = np.fft.rfft2(tile.ranks - tile.ranks.mean(), shape)
    found = np.fft.irfft2(ranks * np.conj(np.fft.rfft2(drawn, shape)), shape)
    window = np.roll(found, (_REACH, _REACH), (0, 1))[: 2 * _REACH + 1, : 2 * _REACH + 1]
    row, column = np.unravel_index(int(window.argmax()), window.shape)
    return int(row) - _REACH, int(column) - _REACH
