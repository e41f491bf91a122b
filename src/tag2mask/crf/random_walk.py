"""Propagation of activation maps by a random walk between cells of high affinity.

The last step of AffinityNet (Ahn and Kwak, CVPR 2018, section 3.3) and IRNet (Ahn et al., CVPR
2019, section 5.2): every step replaces the value of a cell by the mean over the cells around it,
weighted by affinity. The published code squares the matrix of all pairs of cells eight times; here
the steps are applied one by one to the map, which needs only the pairs of nearby cells.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tag2mask.crf.paths import half_disc


def random_walk(
    maps: np.ndarray, affinity: np.ndarray, *, radius: int, beta: float = 10, steps: int = 256
) -> np.ndarray:
    """Propagate maps by a random walk.

    Args:
        maps: (C, h, w).
        affinity: (P, h, w) in [0, 1], the affinity of each cell and the one at the offset
            `half_disc(radius)[p]`; pairs that leave the map are ignored.
        radius: radius of the disc, in cells.
        beta: exponent of the affinities; a higher one suppresses weak affinities more strongly.
        steps: number of steps.

    Returns:
        (C, h, w) float32.
    """
    offsets = np.array(half_disc(radius), np.int64)
    reach = radius - 1
    height, width = maps.shape[1:]
    links = _links(np.ascontiguousarray(affinity, np.float32), offsets, np.float32(beta))
    # A margin of zeros, which is never written, so that no step has to check the map's bounds.
    shape = len(maps), height + 2 * reach, width + 2 * reach
    inner = np.s_[:, reach : reach + height, reach : reach + width]
    now, then = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    now[inner] = maps
    _walk(now, then, links, offsets, reach, steps)
    result: np.ndarray = (then if steps % 2 else now)[inner].copy()
    return result


@njit(nogil=True, cache=True, fastmath=True)
def _links(affinity: np.ndarray, offsets: np.ndarray, beta: np.float32) -> np.ndarray:
    """Return the weights of each cell itself and of its pairs' other cells: (1 + 2 * P, h, w).

    They sum to 1 over the first dimension.
    """
    pairs, height, width = affinity.shape
    links = np.zeros((1 + 2 * pairs, height, width), np.float32)
    total = np.ones((height, width), np.float32)
    links[0] = 1
    for pair in range(pairs):
        dy, dx = offsets[pair]
        for y in range(height - dy):
            for x in range(max(0, -dx), width - max(0, dx)):
                weight = affinity[pair, y, x] ** beta
                links[1 + 2 * pair, y, x] = weight
                links[2 + 2 * pair, y + dy, x + dx] = weight
                total[y, x] += weight
                total[y + dy, x + dx] += weight
    for link in range(len(links)):
        links[link] /= total
    return links


@njit(nogil=True, cache=True, fastmath=True)
def _walk(
    now: np.ndarray, then: np.ndarray, links: np.ndarray, offsets: np.ndarray, reach: int,
    steps: int,
) -> None:
    """Perform all steps, alternating between the buffers `now` and `then`."""
    pairs = len(offsets)
    height, width = links.shape[1:]
    for _ in range(steps):
        for y in range(height):
            for channel in range(len(now)):
                row = then[channel, y + reach]
                own = now[channel, y + reach]
                for x in range(width):
                    row[x + reach] = links[0, y, x] * own[x + reach]
                for pair in range(pairs):
                    dy, dx = offsets[pair]
                    below, above = now[channel, y + reach + dy], now[channel, y + reach - dy]
                    forth, back = links[1 + 2 * pair, y], links[2 + 2 * pair, y]
                    for x in range(width):
                        row[x + reach] += (
                            forth[x] * below[x + reach + dx] + back[x] * above[x + reach - dx]
                        )
        now, then = then, now
