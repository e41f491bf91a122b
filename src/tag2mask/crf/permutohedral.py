"""High-dimensional Gaussian filtering on the permutohedral lattice, on a CPU.

Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the Permutohedral Lattice"
(Eurographics 2010). A value is distributed to the d + 1 corners of the simplex around its feature
(splat), the corners are blurred along d + 1 axes, and values are interpolated from them (slice).
This approximates a sum over all pairs of pixels in time linear in the number of pixels.

A lattice point is represented by one integer: its coordinates in mixed radix, with digits wide
enough for the given features, or with random weights if these do not fit into 64 bits. Points are
then compared with one operation, and the number of a neighbour is obtained by adding a constant
(`lattice_points`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from tag2mask.core.contracts import InputError
from tag2mask.crf.lattice_points import neighbours_of, place

_FARTHEST = 2**20
"""Number of steps along an axis above which float32 is too coarse for the corner weights."""


@dataclass(frozen=True)
class Lattice:
    """A lattice of M points for N features; built once, it filters any number of values.

    Attributes:
        corners: (N, d + 1) uint32, indices of the lattice points around each feature, from 1.
        weights: (N, d + 1) float32, barycentric weights of the corners, which sum to 1.
        neighbours: (d + 1, M + 1, 2) uint32, both neighbours along each axis; 0 if missing.
    """

    corners: np.ndarray
    weights: np.ndarray
    neighbours: np.ndarray

    @property
    def points(self) -> int:
        """M, the number of lattice points."""
        return int(self.neighbours.shape[1]) - 1

    @property
    def scale(self) -> float:
        """Factor of the filtered values, so that the weights of the blur sum to about one."""
        return float(1 / (1 + 2.0 ** -(self.neighbours.shape[0] - 1)))

    def filter(self, values: np.ndarray) -> np.ndarray:
        """Sum values over all features, weighted by a unit-width Gaussian of the distance.

        Args:
            values: (N, C) float32.

        Returns:
            (N, C) float32, up to a factor that is the same for all.
        """
        points = np.zeros((self.points + 1, values.shape[1]), np.float32)
        splat, slice_ = (_splat_one, _slice_one) if values.shape[1] == 1 else (_splat, _slice)
        splat(self.corners, self.weights, np.ascontiguousarray(values, np.float32), points)
        points = blur(points, self.neighbours)
        result: np.ndarray = slice_(self.corners, self.weights, points, np.float32(self.scale))
        return result


def build_lattice(features: np.ndarray) -> Lattice:
    """Find the simplex of every feature.

    Args:
        features: (N, d), in units of the Gaussian's width.

    Raises:
        InputError: features are not finite, or their range is so large that the lattice points
            cannot be numbered.
    """
    features = np.ascontiguousarray(features, np.float32)
    low, high = _range(features)
    if not (np.isfinite(low) & np.isfinite(high)).all():
        raise InputError("The features to filter by hold NaN or inf; check the image.")
    dims = features.shape[1]
    # Chosen so that splat, blur and slice together have unit variance (section 3.1).
    scales = np.sqrt(2 / 3) * (dims + 1) / np.sqrt(np.arange(1, dims + 1) * np.arange(2, dims + 2))
    first, radix = _numbering(low * scales, high * scales)
    corners, weights, keys, table, places = place(
        features, scales.astype(np.float32), first, radix
    )
    return Lattice(corners, weights, neighbours_of(keys, table, places, radix))


@njit(nogil=True, cache=True)
def _range(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the minimum and the maximum of each of (N, d) features; NaN if one is NaN."""
    low, high = features[0].copy(), features[0].copy()
    for index in range(len(features)):
        for axis in range(features.shape[1]):
            value = features[index, axis]
            if not value >= low[axis]:
                low[axis] = value
            if not value <= high[axis]:
                high[axis] = value
    return low, high


def _numbering(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest coordinate of each axis, and the increment of the number per step on it.

    Both are (d + 1,) int64; the last coordinate follows from the others.
    """
    dims = len(low)
    first, widths = [], []
    for axis in range(dims):
        # The elevation of an axis: the sum of the features from it on minus `axis` times the last.
        below, above = low[axis:].sum(), high[axis:].sum()
        if axis:
            below, above = below - axis * high[axis - 1], above - axis * low[axis - 1]
        margin = 3 * (dims + 1)  # the simplex, and a neighbour beyond it
        first.append(int(np.floor(below)) - margin)
        widths.append(int(np.ceil(above)) + margin - first[-1])
    steps = [1]
    for width in widths[:-1]:
        steps.append(steps[-1] * width)
    if steps[-1] * widths[-1] >= 2**62:
        if max(widths) >= _FARTHEST:
            raise InputError(
                "The widths of the filter are too small for this image; take larger ones."
            )
        return np.zeros(dims + 1, np.int64), _hashing(dims)
    return np.array([*first, 0], np.int64), np.array([*steps, 0], np.int64)


def _hashing(dims: int) -> np.ndarray:
    """Draw random increments per step along each axis, for numbers that do not fit into 64 bits.

    Numbers wrap around; the probability that any two of M points collide is about M^2 / 2^65.
    """
    steps = np.random.default_rng(0).integers(-(2**62), 2**62, dims) | 1
    return np.array([*steps, 0], np.int64)


@njit(nogil=True, cache=True, fastmath=True)
def _splat(
    corners: np.ndarray, weights: np.ndarray, values: np.ndarray, points: np.ndarray
) -> None:
    for index in range(len(corners)):
        for corner in range(corners.shape[1]):
            place, weight = corners[index, corner], weights[index, corner]
            for channel in range(values.shape[1]):
                points[place, channel] += weight * values[index, channel]


@njit(nogil=True, cache=True, fastmath=True)
def blur(points: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Blur by adding half of both neighbours, along one axis after the other.

    Args:
        points: (M + 1, C) float32, row 0 zero.
        neighbours: (d + 1, M + 1, 2).

    Returns:
        (M + 1, C), row 0 zero; `points` is overwritten.
    """
    other = np.zeros_like(points)
    for axis in range(len(neighbours)):
        for point in range(1, len(points)):
            left, right = neighbours[axis, point, 0], neighbours[axis, point, 1]
            for channel in range(points.shape[1]):
                other[point, channel] = points[point, channel] + np.float32(0.5) * (
                    points[left, channel] + points[right, channel]
                )
        points, other = other, points
    return points


@njit(nogil=True, cache=True, fastmath=True)
def _slice(
    corners: np.ndarray, weights: np.ndarray, points: np.ndarray, scale: np.float32
) -> np.ndarray:
    result = np.zeros((len(corners), points.shape[1]), np.float32)
    for index in range(len(corners)):
        for corner in range(corners.shape[1]):
            place, weight = corners[index, corner], scale * weights[index, corner]
            for channel in range(points.shape[1]):
                result[index, channel] += weight * points[place, channel]
    return result


# With one channel the loops over channels cost more than their bodies.


@njit(nogil=True, cache=True, fastmath=True)
def _splat_one(
    corners: np.ndarray, weights: np.ndarray, values: np.ndarray, points: np.ndarray
) -> None:
    line, single = points[:, 0], values[:, 0]
    for index in range(len(corners)):
        value = single[index]
        for corner in range(corners.shape[1]):
            line[corners[index, corner]] += weights[index, corner] * value


@njit(nogil=True, cache=True, fastmath=True)
def _slice_one(
    corners: np.ndarray, weights: np.ndarray, points: np.ndarray, scale: np.float32
) -> np.ndarray:
    line, result = points[:, 0], np.empty((len(corners), 1), np.float32)
    for index in range(len(corners)):
        total = np.float32(0)
        for corner in range(corners.shape[1]):
            total += weights[index, corner] * line[corners[index, corner]]
        result[index, 0] = scale * total
    return result
