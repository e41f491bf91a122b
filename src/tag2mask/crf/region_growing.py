"""Superpixels that are connected by construction: SNIC (Achanta & Süsstrunk, CVPR 2017).

Regions grow from a grid of seeds, in order of the distance between candidate pixel and region. A
single pass with a priority queue is enough, whereas SLIC needs several passes and a clean-up of
disconnected fragments.
"""

from __future__ import annotations

import numpy as np
from numba import njit


def grow_regions(colours: np.ndarray, count: int, *, compactness: float = 0.05) -> np.ndarray:
    """Divide a photo into about `count` regions of similar colour.

    Args:
        colours: (H, W, 3) float32, in a perceptually uniform colour space.
        count: number of regions, 1 or more; at most the number of pixels.
        compactness: the colour difference that is equivalent to one seed distance.

    Returns:
        (H, W) int32, 0 to n - 1, each region 4-connected.
    """
    height, width = colours.shape[:2]
    step = max(1.0, float(np.sqrt(height * width / max(1, count))))
    rows, columns = max(1, round(height / step)), max(1, round(width / step))
    ys = ((np.arange(rows) + 0.5) * height / rows).astype(np.int64)
    xs = ((np.arange(columns) + 0.5) * width / columns).astype(np.int64)
    seeds = (ys[:, None] * width + xs[None]).ravel()
    return _grow(np.ascontiguousarray(colours, np.float32), seeds, np.float32(step),
                 np.float32(compactness))


@njit(nogil=True, cache=True, fastmath=True)
def _grow(
    colours: np.ndarray, seeds: np.ndarray, step: np.float32, compactness: np.float32
) -> np.ndarray:
    """Add the best candidate pixel to its region until no candidate is left."""
    height, width, _ = colours.shape
    labels = np.full(height * width, -1, np.int32)
    flat = colours.reshape(-1, 3)
    sums = np.zeros((len(seeds), 6), np.float32)  # three colours, y, x, pixels
    room = 4 * height * width + len(seeds)
    keys, places = np.empty(room, np.float32), np.empty(room, np.int32)
    owners = np.empty(room, np.int32)
    size = 0
    for region in range(len(seeds)):
        size = _push(keys, places, owners, size, np.float32(0), seeds[region], region)
    while size:
        place, region = places[0], owners[0]
        size = _pop(keys, places, owners, size)
        if labels[place] >= 0:
            continue
        labels[place] = region
        total = sums[region]
        y, x = place // width, place % width
        for channel in range(3):
            total[channel] += flat[place, channel]
        total[3] += y
        total[4] += x
        total[5] += 1
        for side in range(4):
            v = y + (side == 0) - (side == 1)
            u = x + (side == 2) - (side == 3)
            if v < 0 or u < 0 or v >= height or u >= width or labels[v * width + u] >= 0:
                continue
            far = _distance(flat[v * width + u], v, u, total, step, compactness)
            size = _push(keys, places, owners, size, far, v * width + u, region)
    return labels.reshape(height, width)


@njit(nogil=True, cache=True, fastmath=True, inline="always")
def _distance(
    colour: np.ndarray, y: int, x: int, total: np.ndarray, step: np.float32,
    compactness: np.float32,
) -> np.float32:
    """Compute the distance of a pixel to the mean colour and position of a region."""
    each = np.float32(1) / total[5]
    near = ((y - total[3] * each) ** 2 + (x - total[4] * each) ** 2) / (step * step)
    alike = np.float32(0)
    for channel in range(3):
        alike += (colour[channel] - total[channel] * each) ** 2
    return np.float32(near + alike / (compactness * compactness))


@njit(nogil=True, cache=True)
def _push(
    keys: np.ndarray, places: np.ndarray, owners: np.ndarray, size: int, key: np.float32,
    place: int, owner: int,
) -> int:
    """Add an entry to a binary heap stored in arrays, and return its new size."""
    at = size
    while at:
        parent = (at - 1) // 2
        if keys[parent] <= key:
            break
        keys[at], places[at], owners[at] = keys[parent], places[parent], owners[parent]
        at = parent
    keys[at], places[at], owners[at] = key, place, owner
    return size + 1


@njit(nogil=True, cache=True)
def _pop(keys: np.ndarray, places: np.ndarray, owners: np.ndarray, size: int) -> int:
    """Remove the smallest entry from the heap, and return its new size."""
    size -= 1
    key, place, owner = keys[size], places[size], owners[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at], places[at], owners[at] = keys[child], places[child], owners[child]
        at = child
    keys[at], places[at], owners[at] = key, place, owner
    return size
