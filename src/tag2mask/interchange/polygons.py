"""Conversion between masks and polygons.

Coordinates are in pixels from the upper left corner of the photo, so that the pixel in row 0 and
column 0 covers the range from 0 to 1; a polygon contains the pixels whose centres are inside.
Contours follow the edges of pixels, so masks are reproduced exactly, including single pixels and
lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tag2mask.interchange.parts import part_numbers

Mask = npt.NDArray[np.bool_]
Ring = npt.NDArray[np.float64]
"""(N, 2) corners as x, y; the last is connected to the first."""

MOST_CORNERS = 500_000
"""Maximum number of corners of a polygon."""

_AT_ONCE = 4096
"""Number of edges whose crossings are in memory at once."""


@dataclass(frozen=True)
class Contour:
    """The outline of a connected part, and the outlines of its holes."""

    outer: Ring
    holes: tuple[Ring, ...]


def fill(ring: npt.ArrayLike, size: tuple[int, int]) -> Mask:
    """Draw a polygon.

    Args:
        ring: (N, 2) corners as x, y; parts outside of the photo are cut off.
        size: (H, W) of the photo.

    Returns:
        (H, W) bool; areas that the polygon covers twice are outside (even-odd rule).

    Raises:
        ValueError: there are fewer than three or too many corners, or one is not a number.
    """
    corners = np.asarray(ring, np.float64).reshape(-1, 2)
    if len(corners) < 3:
        raise ValueError(f"a polygon needs three corners, not {len(corners)}")
    if not np.isfinite(corners).all():
        raise ValueError("a corner is no number")
    if len(corners) > MOST_CORNERS:
        raise ValueError(f"a polygon of {len(corners):,} corners, more than {MOST_CORNERS:,}")
    mask = np.zeros(size, np.bool_)
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, size[::-1]).astype(int).tolist()
    right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, size[::-1]).astype(int).tolist()
    if right > left and bottom > top:
        inner = _filled(corners - np.array([left, top]), bottom - top, right - left)
        mask[top:bottom, left:right] = inner
    return mask


def _filled(corners: Ring, height: int, width: int) -> Mask:
    """Draw a polygon into its bounding box."""
    flips = np.zeros(height * (width + 1), np.int64)
    closed = np.concatenate((corners, corners[:1]))
    for first in range(0, len(corners), _AT_ONCE):
        rows, columns = _crossings(closed[first : first + _AT_ONCE + 1], height, width)
        flips += np.bincount(rows * (width + 1) + columns, minlength=flips.size)
    sides = np.cumsum(flips.reshape(height, width + 1)[:, :width], axis=1)
    return np.asarray(sides % 2 == 1)


def _crossings(
    points: Ring, height: int, width: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows whose centres edges cross, and the first column centres to the right."""
    here, there = points[:-1], points[1:]
    upper = np.where((here[:, 1] <= there[:, 1])[:, None], here, there)
    lower = np.where((here[:, 1] <= there[:, 1])[:, None], there, here)
    first = np.clip(np.ceil(upper[:, 1] - 0.5), 0, height).astype(np.int64)
    last = np.clip(np.ceil(lower[:, 1] - 0.5), 0, height).astype(np.int64)
    counts = last - first
    edge = np.repeat(np.arange(len(here)), counts)
    rows = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    rise = (lower - upper)[edge]
    x = upper[edge, 0] + (rows + 0.5 - upper[edge, 1]) * rise[:, 0] / rise[:, 1]
    return rows, np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)


def line(points: npt.ArrayLike, size: tuple[int, int]) -> Mask:
    """Draw a polyline, one pixel wide.

    Raises:
        ValueError: there is no point, or one is not a number.
    """
    corners = np.asarray(points, np.float64).reshape(-1, 2)
    if not len(corners) or not np.isfinite(corners).all():
        raise ValueError("a line needs points that are numbers")
    mask = np.zeros(size, np.bool_)
    limit = np.array([size[1], size[0]])
    for start, end in zip(corners, corners[1:] if len(corners) > 1 else corners, strict=False):
        near, far = np.clip(start, -limit, 2 * limit), np.clip(end, -limit, 2 * limit)
        steps = int(np.ceil(np.abs(far - near).max() * 2)) + 1
        x, y = np.floor(np.linspace(near, far, steps)).astype(np.int64).T
        inside = (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])
        mask[y[inside], x[inside]] = True
    return mask


def trace(mask: Mask, *, left: float = 0, top: float = 0) -> list[Contour]:
    """Find the outlines of a mask along the edges of its pixels.

    Args:
        mask: (H, W).
        left: position of the first column of the mask in the photo.
        top: position of the first row of the mask in the photo.

    Returns:
        One contour per connected part (4-connectivity).
    """
    rings = _rings(mask)
    if not rings:
        return []
    numbers, count = part_numbers(mask, corners=False)
    outer: list[Ring | None] = [None] * (count + 1)
    holes: list[list[Ring]] = [[] for _ in range(count + 1)]
    for ring in rings:
        x, y = (int(value) for value in ring[np.lexsort((ring[:, 0], ring[:, 1]))[0]])
        placed = ring + np.array([left, top])
        if mask[y, x]:
            outer[numbers[y, x]] = placed
        else:
            holes[numbers[y - 1, x]].append(placed)
    return [Contour(ring, tuple(inner)) for ring, inner in zip(outer, holes, strict=True)
            if ring is not None]


def _rings(mask: Mask) -> list[Ring]:
    """Return the outlines of a mask and of its holes as rings of corners.

    Sorted corners of a row form pairs, which are its horizontal edges, and those of a column form
    its vertical edges. A corner at which two pixels touch only diagonally occurs twice, once for
    each pixel.
    """
    filled = np.pad(mask, 1).astype(np.int8)
    a, b, c, d = filled[:-1, :-1], filled[:-1, 1:], filled[1:, :-1], filled[1:, 1:]
    single = (a + b + c + d) % 2 == 1
    falling, rising = (a & d & (1 - b) & (1 - c)) > 0, (b & c & (1 - a) & (1 - d)) > 0
    y, x = np.nonzero(single | falling | rising)
    twice = (falling | rising)[y, x]
    if not len(y):
        return []
    times = 1 + twice
    first = np.cumsum(times) - times
    x, y, falls = np.repeat(x, times), np.repeat(y, times), np.repeat(falling[y, x], times)
    second = np.zeros(len(x), np.bool_)
    second[first[twice] + 1] = True
    # Of a corner that occurs twice, the first is the end of the edge from the left, the second the
    # start of the edge to the right. The edge from above belongs to the first if the pixels form a
    # falling diagonal, else to the second, so that each pixel keeps its own two edges.
    from_below = np.where(falls, second, ~second) & (np.repeat(twice, times))
    flat = np.lexsort((second, x, y))
    upright = np.lexsort((from_below, y, x))
    beside, beyond = np.empty(len(x), np.int64), np.empty(len(x), np.int64)
    beside[flat], beyond[upright] = flat.reshape(-1, 2)[:, ::-1].ravel(), \
        upright.reshape(-1, 2)[:, ::-1].ravel()
    return _walked(x.astype(np.float64), y.astype(np.float64), beside.tolist(), beyond.tolist())


def _walked(x: Ring, y: Ring, beside: list[int], beyond: list[int]) -> list[Ring]:
    seen = bytearray(len(beside))
    rings = []
    for start in range(len(beside)):
        if seen[start]:
            continue
        order, at = [], start
        while not seen[at]:
            across = beside[at]
            seen[at] = seen[across] = 1
            order += [at, across]
            at = beyond[across]
        rings.append(np.stack((x[order], y[order]), axis=1))
    return rings


def simplify(ring: Ring, tolerance: float) -> Ring:
    """Simplify a ring by removing corners within `tolerance` pixels of the simplified outline.

    Douglas & Peucker, 1973, starting from the two corners that are farthest apart. A tolerance of 0
    keeps all corners.
    """
    if tolerance <= 0 or len(ring) < 5:
        return ring
    far = int(np.argmax(((ring - ring[0]) ** 2).sum(axis=1)))
    closed = np.concatenate((ring, ring[:1]))
    keep = np.zeros(len(closed), np.bool_)
    keep[[0, far, -1]] = True
    waiting = [(0, far), (far, len(closed) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        off = _distances(closed[first + 1 : last], closed[first], closed[last])
        worst = int(off.argmax())
        if off[worst] > tolerance:
            keep[first + 1 + worst] = True
            waiting += [(first, first + 1 + worst), (first + 1 + worst, last)]
    kept = closed[:-1][keep[:-1]]
    return kept if len(kept) >= 3 else ring


def _distances(points: Ring, start: Ring, end: Ring) -> npt.NDArray[np.float64]:
    way = end - start
    length = float(np.hypot(*way))
    if length == 0:
        return np.asarray(np.hypot(*(points - start).T))
    offset = points - start
    return np.asarray(np.abs(way[0] * offset[:, 1] - way[1] * offset[:, 0]) / length)


def bridged(contour: Contour) -> Ring:
    """Connect holes to the outline by zero-width bridges, for formats limited to one ring."""
    ring = contour.outer
    for hole in sorted(contour.holes, key=lambda hole: float(hole[:, 0].min())):
        to = int(hole[:, 0].argmin())
        at = int(((ring - hole[to]) ** 2).sum(axis=1).argmin())
        detour = np.concatenate((np.roll(hole, -to, axis=0), hole[to : to + 1]))
        ring = np.concatenate((ring[: at + 1], detour, ring[at:]))
    return ring
