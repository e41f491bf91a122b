"""The compiled part of `mean_field`: one iteration over all rows of a photo.

Beliefs and scores are rows with one value per plane, and the number of planes has to be known at
compile time: `planes` is a tuple of that length, whose type encodes the number. The code for each
number of planes is compiled once per machine and then loaded from numba's cache. (Closures over the
number would not be cached, since captured values differ between processes.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from tag2mask.crf.row_blur import BELOW, TOGETHER, blur_along, blur_down, whole_kernel
from tag2mask.crf.rows import largest, load, lowered, plus, store, summed, times

_LOG2E = np.float32(1.4426950408889634)
_LEAST = np.float32(-50.0)
"""Smallest score relative to the largest, a factor of about 1e-22. Lower scores would become
denormal numbers in a kernel, which are many times slower to multiply."""
_FAR = np.float32(1e4)
_CACHED = 2**16
"""Number of values that stay in the level 2 cache of a core while rows are processed in order."""
# 2 ** x on [-0.5, 0.5], a Taylor series of seven terms: relative error below 2e-7.
_C1, _C2, _C3 = np.float32(0.693147181), np.float32(0.240226507), np.float32(0.0555041086)
_C4, _C5, _C6 = np.float32(0.00961812911), np.float32(0.00133335581), np.float32(0.000154035304)


class Messages(NamedTuple):
    """Inputs that are constant over all iterations, for N pixels in row-major order."""

    relative: np.ndarray
    """(N, planes) energies minus the energy of the last label."""
    taps: np.ndarray
    """Half of the position kernel."""
    position_norm: np.ndarray
    """(N,), normalisation of the position kernel."""
    position_weight: np.float32
    corners: np.ndarray
    """(N, 6), lattice corners of the kernel over position and colour."""
    weights: np.ndarray
    """(N, 6), weights of those corners."""
    colour_norm: np.ndarray
    """(N,), normalisation of the kernel over position and colour."""
    colour_weight: np.float32
    all_labels: np.ndarray
    """(N,), the sum of the messages of all labels."""


@njit(nogil=True, cache=True, fastmath=True)
def step(
    sent: Messages, beliefs: np.ndarray, points: np.ndarray, result: np.ndarray,
    fresh: np.ndarray, planes: tuple[int, ...], first: bool, last: bool,
) -> None:
    """Run one iteration.

    Args:
        sent: inputs that are constant over all iterations.
        beliefs: (H + 2 * reach + BELOW, W, planes), normalised, below `reach` rows of zeros.
        points: (M + 1, planes), the blurred lattice.
        result: output: the next beliefs, of the same shape as `beliefs`.
        fresh: (M + 1, planes) zeros, output: the next lattice.
        planes: a tuple with one number per plane.
        first: whether this is the first iteration; `beliefs` and `points` are then ignored.
        last: whether this is the last iteration; `result` then holds the probabilities.
    """
    taps, count = sent.taps, len(planes)
    reach = len(taps) - 1
    height, width = beliefs.shape[0] - 2 * reach - BELOW, beliefs.shape[1]
    rows = beliefs.reshape(len(beliefs), width * count)
    pixels = result[reach : reach + height].reshape(-1, count)
    kernel = whole_kernel(taps)
    # The width is chosen so that all input rows of a block of rows stay in the cache.
    strip = max(_CACHED // (TOGETHER + 2 * reach) // count - 2 * reach, 4 * reach)
    for left in range(0, width, strip):
        length = min(strip, width - left)
        columns = np.zeros((TOGETHER, (length + 2 * reach) * count), np.float32)
        near, far = max(0, left - reach), min(width, left + length + reach)
        flat = np.empty(length * count, np.float32)
        energy = flat.reshape(length, count)
        bits, rest = np.empty(len(flat), np.int32), np.empty(length, np.float32)
        powers = bits.view(np.float32)
        for y in range(height):
            start = y * width + left
            if first:
                _begin(energy, rest, start, sent, planes)
            else:
                if y % TOGETHER == 0:
                    blur_down(
                        rows, y, near * count, kernel, columns, (near - left + reach) * count,
                        (far - near) * count,
                    )
                blur_along(columns[y % TOGETHER], taps, flat, count)
                _receive(energy, rest, start, sent, points, planes)
            _exponentiate(flat, bits, powers)
            _exponentiate(rest, bits, powers)
            if last:
                _finish(energy, rest, start, pixels, planes)
            else:
                _send(energy, rest, start, sent, pixels, fresh, planes)


@njit(nogil=True, cache=True, fastmath=True)
def _receive(
    energy: np.ndarray, rest: np.ndarray, start: int, sent: Messages, points: np.ndarray,
    planes: tuple[int, ...],
) -> None:
    """Compute the scores of a row from its messages, minus the largest score of each pixel.

    The score of the last label, which is 0 before the subtraction, is written to `rest`.
    """
    for x in range(len(energy)):
        i = start + x
        scale = sent.colour_weight * sent.colour_norm[i]
        scores = times(load(energy, x, planes), sent.position_weight * sent.position_norm[i])
        for corner in range(6):
            place = load(points, sent.corners[i, corner], planes)
            scores = plus(scores, place, scale * sent.weights[i, corner])
        # The message of the last label is the message of all labels minus those of the others.
        last = sent.all_labels[i] - summed(scores)
        scores = lowered(plus(scores, load(sent.relative, i, planes), np.float32(-1)), last)
        most = max(np.float32(0), largest(scores))
        store(energy, x, planes, lowered(scores, most))
        rest[x] = -most


@njit(nogil=True, cache=True, fastmath=True)
def _begin(
    energy: np.ndarray, rest: np.ndarray, start: int, sent: Messages, planes: tuple[int, ...]
) -> None:
    """Compute the scores of a row as `_receive` does, but without messages."""
    for x in range(len(energy)):
        scores = times(load(sent.relative, start + x, planes), np.float32(-1))
        most = max(np.float32(0), largest(scores))
        store(energy, x, planes, lowered(scores, most))
        rest[x] = -most


@njit(nogil=True, cache=True, fastmath=True)
def _finish(
    energy: np.ndarray, rest: np.ndarray, start: int, pixels: np.ndarray, planes: tuple[int, ...]
) -> None:
    """Store the exponentials of a row, divided by their sum."""
    for x in range(len(energy)):
        beliefs = load(energy, x, planes)
        total = summed(beliefs) + rest[x]
        store(pixels, start + x, planes, times(beliefs, np.float32(1) / total))


@njit(nogil=True, cache=True, fastmath=True)
def _send(
    energy: np.ndarray, rest: np.ndarray, start: int, sent: Messages, pixels: np.ndarray,
    fresh: np.ndarray, planes: tuple[int, ...],
) -> None:
    """Store the beliefs of a row for the next position messages, and splat them on the lattice."""
    for x in range(len(energy)):
        i = start + x
        beliefs = load(energy, x, planes)
        inverse = np.float32(1) / (summed(beliefs) + rest[x])
        store(pixels, i, planes, times(beliefs, inverse * sent.position_norm[i]))
        scale = inverse * sent.colour_norm[i]
        for corner in range(6):
            place = sent.corners[i, corner]
            moved = plus(load(fresh, place, planes), beliefs, scale * sent.weights[i, corner])
            store(fresh, place, planes, moved)


@njit(nogil=True, cache=True)
def relative_energies(unary: np.ndarray, planes: int) -> np.ndarray:
    """Subtract the energy of the last label and transpose: (L, N) to (N, planes).

    Padding planes are labels that are never chosen.
    """
    labels, count = unary.shape
    result = np.full((count, planes), _FAR, np.float32)
    for start in range(0, count, 64):  # both sides of the copy stay in the cache
        for label in range(labels - 1):
            for i in range(start, min(start + 64, count)):
                result[i, label] = unary[label, i] - unary[labels - 1, i]
    return result


@njit(nogil=True, cache=True)
def by_label(beliefs: np.ndarray, labels: int) -> np.ndarray:
    """Transpose beliefs and add those of the last label: (N, planes) to (L, N)."""
    count = len(beliefs)
    result = np.empty((labels, count), np.float32)
    for start in range(0, count, 64):
        stop = min(start + 64, count)
        result[labels - 1, start:stop] = 1
        for label in range(labels - 1):
            for i in range(start, stop):
                result[label, i] = beliefs[i, label]
                result[labels - 1, i] -= beliefs[i, label]
        for i in range(start, stop):
            result[labels - 1, i] = max(np.float32(0), result[labels - 1, i])
    return result


@njit(nogil=True, cache=True, fastmath=True)
def _exponentiate(values: np.ndarray, bits: np.ndarray, powers: np.ndarray) -> None:
    """Replace values of 0 or less by their exponentials, in loops that can be vectorised.

    Args:
        values: (N,) float32.
        bits: (N,) int32 or longer, a scratch buffer.
        powers: the memory of `bits` as float32.
    """
    for i in range(len(values)):
        exponent = np.floor(max(values[i], _LEAST) * _LOG2E + np.float32(0.5))
        bits[i] = (np.int32(exponent) + np.int32(127)) << np.int32(23)
    for i in range(len(values)):
        scaled = max(values[i], _LEAST) * _LOG2E
        x = scaled - np.floor(scaled + np.float32(0.5))
        values[i] = powers[i] * (
            np.float32(1) + x * (_C1 + x * (_C2 + x * (_C3 + x * (_C4 + x * (_C5 + x * _C6)))))
        )
