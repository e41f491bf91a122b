"""Distances and random walks over the regions of a photo."""

from __future__ import annotations

import numpy as np
from numba import njit

from tag2mask.crf.photo_regions import PhotoRegions


def geodesic(regions: PhotoRegions, start: int, patience: float, limit: float) -> np.ndarray:
    """Compute geodesic distances from one region to all others: sums of the contrasts crossed.

    Args:
        regions: the n regions of a photo.
        start: index of the region to start from.
        patience: constant cost of each step in addition to its contrast.
        limit: largest distance; regions further away are skipped.

    Returns:
        (n,) float32, inf beyond the limit.
    """
    return _shortest(regions.starts, regions.neighbours, regions.contrasts, start,
                     np.float32(patience), np.float32(limit))


def connected(regions: PhotoRegions, start: int, allowed: np.ndarray) -> np.ndarray:
    """Find the regions that are reached from one region over allowed regions only.

    Args:
        regions: the n regions of a photo.
        start: index of the region to start from, which is reached in any case.
        allowed: (n,) bool.

    Returns:
        (n,) bool.
    """
    return np.asarray(_flooded(regions.starts, regions.neighbours, start, allowed))


def beside(regions: PhotoRegions, marked: np.ndarray) -> np.ndarray:
    """Find the regions that have a marked neighbour: (n,) bool for (n,) bool."""
    found = np.zeros(len(marked), bool)
    found[regions.neighbours[np.repeat(marked, np.diff(regions.starts))]] = True
    return found


def settle(
    regions: PhotoRegions, wanted: np.ndarray, pull: np.ndarray, fixed: np.ndarray, tie: float,
    *, sharpness: float = 0.5, sweeps: int = 60,
) -> np.ndarray:
    """Smooth target values over a photo's regions, with less smoothing across strong contrasts.

    Minimises sum pull (x - wanted)^2 + tie sum border exp(-sharpness contrast) (x - x')^2 by
    Gauss-Seidel sweeps in alternating directions.

    Args:
        regions: the n regions of a photo.
        wanted: (n,) float32 in [0, 1], the target values.
        pull: (n,) float32, above 0, the weight of each target value.
        fixed: (n,) int8, 0 or 1 where the value is known, else -1.
        tie: strength of the coupling between neighbours.
        sharpness: rate at which contrast reduces the coupling.
        sweeps: number of sweeps.

    Returns:
        (n,) float32 in [0, 1].
    """
    ties = (tie * regions.borders * np.exp(-sharpness * regions.contrasts)).astype(np.float32)
    goal = np.ascontiguousarray(wanted, np.float32)
    values = np.where(fixed >= 0, fixed, goal).astype(np.float32)
    _sweep(regions.starts, regions.neighbours, ties, goal, pull.astype(np.float32), fixed, values,
           sweeps)
    return values


@njit(nogil=True, cache=True)
def _sweep(
    starts: np.ndarray, neighbours: np.ndarray, ties: np.ndarray, wanted: np.ndarray,
    pull: np.ndarray, fixed: np.ndarray, values: np.ndarray, sweeps: int,
) -> None:
    """Solve for each region in turn while its neighbours are held fixed."""
    number = len(values)
    for sweep in range(sweeps):
        for turn in range(number):
            i = turn if sweep % 2 == 0 else number - 1 - turn
            if fixed[i] >= 0:
                continue
            total, weight = pull[i] * wanted[i], pull[i]
            for place in range(starts[i], starts[i + 1]):
                total += ties[place] * values[neighbours[place]]
                weight += ties[place]
            values[i] = total / weight


@njit(nogil=True, cache=True)
def _flooded(
    starts: np.ndarray, neighbours: np.ndarray, start: int, allowed: np.ndarray
) -> np.ndarray:
    """Visit regions in depth-first order."""
    reached = np.zeros(len(allowed), np.bool_)
    waiting = np.empty(len(allowed), np.int64)
    reached[start], waiting[0], count = True, start, 1
    while count:
        count -= 1
        i = waiting[count]
        for place in range(starts[i], starts[i + 1]):
            j = neighbours[place]
            if allowed[j] and not reached[j]:
                reached[j] = True
                waiting[count] = j
                count += 1
    return reached


@njit(nogil=True, cache=True)
def _shortest(
    starts: np.ndarray, neighbours: np.ndarray, contrasts: np.ndarray, start: int,
    patience: np.float32, limit: np.float32,
) -> np.ndarray:
    """Compute shortest paths by label correction with a queue.

    Few regions are visited more than twice.
    """
    number = len(starts) - 1
    far = np.full(number, np.inf, np.float32)
    queue, waiting = np.empty(number, np.int64), np.zeros(number, np.bool_)
    far[start], queue[0], head, count = 0, start, 0, 1
    while count:
        i = queue[head]
        head, count = (head + 1) % number, count - 1
        waiting[i] = False
        for place in range(starts[i], starts[i + 1]):
            j = neighbours[place]
            way = far[i] + contrasts[place] + patience
            if way < far[j] and way <= limit:
                far[j] = way
                if not waiting[j]:
                    queue[(head + count) % number] = j
                    count += 1
                    waiting[j] = True
    return far
