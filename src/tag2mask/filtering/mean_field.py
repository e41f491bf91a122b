"""Mean field for a dense CRF with a position and a colour kernel, all of an iteration in one pass.

Krähenbühl and Koltun, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials"
(NeurIPS 2011), algorithm 1, with label compatibilities of Potts and symmetric normalisation. The
position kernel is summed exactly, by rows and columns; the kernel over position and colour through
the permutohedral lattice.

Labels sum up to one, and so do the filtered ones to what a plane of ones becomes: the last label is
never carried, and scores are kept relative to it. With two labels that halves the work. Per row of
the photo, messages are read, scores exponentiated and the result is dropped on the next iteration's
lattice at once, while it is in the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from tag2mask.filtering.permutohedral import Lattice, blur
from tag2mask.filtering.rows import largest, load, lowered, plus, store, summed, times

_LOG2E = np.float32(1.4426950408889634)
_LEAST = np.float32(-80.0)
_FAR = np.float32(1e4)
_TILE = 2048
"""Numbers of a row that are worked on at a time, so that they stay in the cache."""
_CACHED = 2**16
"""Numbers that stay in a core's second cache while row after row is worked on."""
# 2 ** x on [-0.5, 0.5], a Taylor series of seven terms: relative error below 2e-7.
_C1, _C2, _C3 = np.float32(0.693147181), np.float32(0.240226507), np.float32(0.0555041086)
_C4, _C5, _C6 = np.float32(0.00961812911), np.float32(0.00133335581), np.float32(0.000154035304)


def taps_of(width: float) -> np.ndarray:
    """Return half a Gaussian: its values at 0, 1, ..., 3.5 widths, beyond which lie 0.05 %.

    Of odd length, since they are worked on in pairs.
    """
    reach = 2 * max(1, int(np.ceil(1.75 * width)))
    taps: np.ndarray = np.exp(-0.5 * (np.arange(reach + 1) / width) ** 2).astype(np.float32)
    return taps


def mean_field(
    unary: np.ndarray,
    taps: np.ndarray,
    lattice: Lattice,
    *,
    position_weight: float,
    colour_weight: float,
    iterations: int,
) -> np.ndarray:
    """Run the mean field from the softmax of the unary energies.

    Args:
        unary: (L, H, W) energies, L of 2 or more.
        taps: of the position kernel, from `taps_of`.
        lattice: of the pixels' positions and colours, in row-major order.
        position_weight: of the position kernel's messages.
        colour_weight: of the other's.
        iterations: how often messages are sent; 0 gives the softmax.

    Returns:
        (L, H, W) float32, summing up to 1 over the labels.
    """
    labels, height, width = unary.shape
    planes = _rounded_up(labels - 1)
    relative = _relative(np.ascontiguousarray(unary, np.float32).reshape(labels, -1), planes)
    position_norm, position_all = _position_norm(taps, (height, width))
    colour_norm, colour_all = _colour_norm(lattice)
    all_labels = (position_weight * position_all + colour_weight * colour_all).astype(np.float32)
    step = _compiled(planes)
    reach = len(taps) - 1
    beliefs = np.zeros((height + 2 * reach, width, planes), np.float32)
    spare = np.zeros_like(beliefs)
    points = np.zeros((lattice.points + 1, planes), np.float32)
    for iteration in range(iterations + 1):
        if iteration:
            points = blur(points, lattice.neighbours)
        fresh = np.zeros_like(points)
        step(
            relative, all_labels, beliefs, spare, taps, position_norm, lattice.corners,
            lattice.weights, colour_norm, points, fresh, np.float32(position_weight),
            np.float32(colour_weight * lattice.scale), iteration == 0, iteration == iterations,
        )
        beliefs, spare, points = spare, beliefs, fresh
    inner = beliefs[reach : reach + height].reshape(-1, planes)
    return _by_label(inner, labels).reshape(unary.shape)


def _rounded_up(planes: int) -> int:
    """Return the next number of planes that fills vectors: 1, 2 or a multiple of 4."""
    return planes if planes <= 2 else -(-planes // 4) * 4


def _position_norm(
    taps: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Give what the position kernel is normalised by, and what a plane of ones becomes: (N,)."""
    rows, columns = (_blurred(taps, np.ones(side)) ** -0.5 for side in size)
    filtered = np.outer(rows * _blurred(taps, rows), columns * _blurred(taps, columns))
    return np.outer(rows, columns).ravel().astype(np.float32), filtered.ravel()


def _colour_norm(lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Give the same of the kernel over position and colour."""
    sums = lattice.filter(np.ones((len(lattice.corners), 1), np.float32))
    norm = (1 / np.sqrt(sums + 1e-20)).astype(np.float32)
    return norm[:, 0], (norm * lattice.filter(norm))[:, 0]


def _blurred(taps: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Filter a line of pixels, zero beyond its ends."""
    kernel = np.concatenate([taps[:0:-1], taps]).astype(np.float64)
    full: np.ndarray = np.convolve(line, kernel)[len(taps) - 1 :][: len(line)]
    return full


@cache
def _compiled(planes: int) -> Callable[..., Any]:
    """Compile one iteration for a number of planes, so that loops over them become vectors."""

    @njit(nogil=True, cache=True, fastmath=True)
    def receive(
        energy: np.ndarray, rest: np.ndarray, start: int, relative: np.ndarray,
        corners: np.ndarray, weights: np.ndarray, points: np.ndarray, position_norm: np.ndarray,
        colour_norm: np.ndarray, all_labels: np.ndarray, position_weight: np.float32,
        colour_weight: np.float32,
    ) -> None:
        """Turn a row's position messages into scores, all lowered by the pixel's largest.

        `rest` becomes what that leaves of the last label's score, which is 0 before.
        """
        for x in range(len(energy)):
            i = start + x
            scale = colour_weight * colour_norm[i]
            scores = times(load(energy, x, planes), position_weight * position_norm[i])
            for corner in range(6):
                place = load(points, corners[i, corner], planes)
                scores = plus(scores, place, scale * weights[i, corner])
            # What is left of all labels' message is the last one's.
            last = all_labels[i] - summed(scores)
            scores = lowered(plus(scores, load(relative, i, planes), np.float32(-1)), last)
            most = max(np.float32(0), largest(scores))
            store(energy, x, planes, lowered(scores, most))
            rest[x] = -most

    @njit(nogil=True, cache=True, fastmath=True)
    def begin(energy: np.ndarray, rest: np.ndarray, start: int, relative: np.ndarray) -> None:
        """Do what `receive` does where no message has been sent yet."""
        for x in range(len(energy)):
            scores = times(load(relative, start + x, planes), np.float32(-1))
            most = max(np.float32(0), largest(scores))
            store(energy, x, planes, lowered(scores, most))
            rest[x] = -most

    @njit(nogil=True, cache=True, fastmath=True)
    def finish(
        energy: np.ndarray, rest: np.ndarray, start: int, result: np.ndarray
    ) -> None:
        """Keep a row's exponentials, divided by their sum."""
        for x in range(len(energy)):
            beliefs = load(energy, x, planes)
            total = summed(beliefs) + rest[x]
            store(result, start + x, planes, times(beliefs, np.float32(1) / total))

    @njit(nogil=True, cache=True, fastmath=True)
    def send(
        energy: np.ndarray, rest: np.ndarray, start: int, result: np.ndarray,
        corners: np.ndarray, weights: np.ndarray, points: np.ndarray, position_norm: np.ndarray,
        colour_norm: np.ndarray,
    ) -> None:
        """Keep a row's beliefs for the next position messages, and drop them on the lattice."""
        for x in range(len(energy)):
            i = start + x
            beliefs = load(energy, x, planes)
            inverse = np.float32(1) / (summed(beliefs) + rest[x])
            store(result, i, planes, times(beliefs, inverse * position_norm[i]))
            scale = inverse * colour_norm[i]
            for corner in range(6):
                place = corners[i, corner]
                moved = plus(load(points, place, planes), beliefs, scale * weights[i, corner])
                store(points, place, planes, moved)

    @njit(nogil=True, cache=True, fastmath=True)
    def step(
        relative: np.ndarray, all_labels: np.ndarray, beliefs: np.ndarray, result: np.ndarray,
        taps: np.ndarray, position_norm: np.ndarray, corners: np.ndarray, weights: np.ndarray,
        colour_norm: np.ndarray, points: np.ndarray, fresh: np.ndarray,
        position_weight: np.float32, colour_weight: np.float32, first: bool, last: bool,
    ) -> None:
        reach = len(taps) - 1
        height, width = beliefs.shape[0] - 2 * reach, beliefs.shape[1]
        rows = beliefs.reshape(len(beliefs), width * planes)
        pixels = result[reach : reach + height].reshape(-1, planes)
        # As wide as the rows that one row needs stay in the cache.
        strip = max(_CACHED // (1 + 2 * reach) // planes - 2 * reach, 4 * reach)
        column = np.empty((min(strip, width) + 2 * reach) * planes, np.float32)
        for left in range(0, width, strip):
            length = min(strip, width - left)
            flat = np.empty(length * planes, np.float32)
            energy = flat.reshape(length, planes)
            bits, rest = np.empty(len(flat), np.int32), np.empty(length, np.float32)
            powers = bits.view(np.float32)
            for y in range(height):
                start = y * width + left
                if first:
                    begin(energy, rest, start, relative)
                else:
                    _blur_row(rows, y, left, taps, column, flat, planes)
                    receive(energy, rest, start, relative, corners, weights, points,
                            position_norm, colour_norm, all_labels, position_weight,
                            colour_weight)
                _exponentiate(flat, bits, powers)
                _exponentiate(rest, bits, powers)
                if last:
                    finish(energy, rest, start, pixels)
                else:
                    send(energy, rest, start, pixels, corners, weights, fresh, position_norm,
                         colour_norm)

    compiled: Callable[..., Any] = step
    return compiled


@njit(nogil=True, cache=True, fastmath=True)
def _blur_row(
    rows: np.ndarray, y: int, left: int, taps: np.ndarray, column: np.ndarray,
    result: np.ndarray, planes: int,
) -> None:
    """Sum a Gaussian around the pixels of row `y` from `left` on: along columns, then the row.

    Above and below, `rows` have margins of zeros as wide as the Gaussian reaches.
    """
    reach, length = len(taps) - 1, rows.shape[1]
    before = left * planes - reach * planes  # where `column` begins
    first, last = max(0, before), min(length, before + len(result) + 2 * reach * planes)
    column[: first - before] = 0
    column[last - before :] = 0
    for start in range(first, last, _TILE):
        stop = min(start + _TILE, last)
        down = column[start - before : stop - before]
        own = rows[y + reach, start:stop]
        for i in range(len(down)):
            down[i] = taps[0] * own[i]
        for tap in range(1, len(taps), 2):
            up, low = y + reach - tap, y + reach + tap
            _add_four(
                down, rows[up, start:stop], rows[low, start:stop], taps[tap],
                rows[up - 1, start:stop], rows[low + 1, start:stop], taps[tap + 1],
            )
    for start in range(0, len(result), _TILE):
        stop = min(start + _TILE, len(result))
        along = result[start:stop]
        at, to = reach * planes + start, reach * planes + stop
        own = column[at:to]
        for i in range(len(along)):
            along[i] = taps[0] * own[i]
        for tap in range(1, len(taps), 2):
            near, far = tap * planes, (tap + 1) * planes
            _add_four(
                along, column[at - near : to - near], column[at + near : to + near], taps[tap],
                column[at - far : to - far], column[at + far : to + far], taps[tap + 1],
            )


@njit(nogil=True, cache=True, fastmath=True)
def _add_four(
    target: np.ndarray, a: np.ndarray, b: np.ndarray, near: np.float32, c: np.ndarray,
    d: np.ndarray, far: np.float32,
) -> None:
    for i in range(len(target)):
        target[i] += near * (a[i] + b[i]) + far * (c[i] + d[i])


@njit(nogil=True, cache=True)
def _relative(unary: np.ndarray, planes: int) -> np.ndarray:
    """Give energies less the last label's, pixel by pixel: (L, N) to (N, planes).

    What fills up a vector are labels that are never chosen.
    """
    labels, count = unary.shape
    result = np.full((count, planes), _FAR, np.float32)
    for start in range(0, count, 64):  # so that both sides stay in the cache
        for label in range(labels - 1):
            for i in range(start, min(start + 64, count)):
                result[i, label] = unary[label, i] - unary[labels - 1, i]
    return result


@njit(nogil=True, cache=True)
def _by_label(beliefs: np.ndarray, labels: int) -> np.ndarray:
    """Give beliefs label by label, with the last one's: (N, planes) to (L, N)."""
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
    """Replace values of 0 or less by their exponentials, in loops that become vectors.

    Args:
        values: (N,) float32.
        bits: (N,) int32 or longer, room to work in.
        powers: the same memory as float32.
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
