"""Mean field for a dense CRF with a position and a colour kernel, with one pass per iteration.

Krähenbühl and Koltun, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials"
(NeurIPS 2011), algorithm 1, with Potts label compatibility and symmetric normalisation. The
position kernel is evaluated exactly as a separable filter, the kernel over position and colour with
the permutohedral lattice.

The probabilities of all labels sum to one, and the filtered probabilities sum to the filtered plane
of ones. The last label is therefore not stored, and scores are relative to it, which halves the
work for two labels. For each row of the photo, messages are read, scores are exponentiated, and the
result is splatted onto the lattice of the next iteration while it is still in the cache.
"""

from __future__ import annotations

import numpy as np

from tag2mask.crf.mean_field_step import Messages, by_label, relative_energies, step
from tag2mask.crf.permutohedral import Lattice, blur
from tag2mask.crf.row_blur import BELOW


def taps_of(width: float) -> np.ndarray:
    """Return half of a Gaussian: its values at 0, 1, ... pixels up to 3.5 widths.

    The truncated tails hold 0.05 % of its mass. The length is odd since taps are processed in
    pairs.
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
        taps: half of the position kernel, from `taps_of`.
        lattice: lattice of the positions and colours of the pixels, in row-major order.
        position_weight: weight of the position kernel.
        colour_weight: weight of the kernel over position and colour.
        iterations: number of iterations; 0 returns the softmax.

    Returns:
        (L, H, W) float32, which sum to 1 over the labels.
    """
    labels, height, width = unary.shape
    planes = rounded_up(labels - 1)
    flat = np.ascontiguousarray(unary, np.float32).reshape(labels, -1)
    position_norm, position_all = _position_norm(taps, (height, width))
    colour_norm, colour_all = _colour_norm(lattice)
    all_labels = (position_weight * position_all + colour_weight * colour_all).astype(np.float32)
    sent = Messages(
        relative_energies(flat, planes), taps, position_norm, np.float32(position_weight),
        lattice.corners, lattice.weights, colour_norm, np.float32(colour_weight * lattice.scale),
        all_labels,
    )
    reach = len(taps) - 1
    beliefs = np.zeros((height + 2 * reach + BELOW, width, planes), np.float32)
    spare = np.zeros_like(beliefs)
    points = np.zeros((lattice.points + 1, planes), np.float32)
    for iteration in range(iterations + 1):
        if iteration:
            points = blur(points, lattice.neighbours)
        fresh = np.zeros_like(points)
        first, last = iteration == 0, iteration == iterations
        step(sent, beliefs, points, spare, fresh, (0,) * planes, first, last)
        beliefs, spare, points = spare, beliefs, fresh
    inner = beliefs[reach : reach + height].reshape(-1, planes)
    marginals: np.ndarray = by_label(inner, labels).reshape(unary.shape)
    return marginals


def rounded_up(planes: int) -> int:
    """Round a number of planes up to a vector width: 1, 2 or a multiple of 4."""
    return planes if planes <= 2 else -(-planes // 4) * 4


def _position_norm(
    taps: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the normalisation of the position kernel, and the filtered plane of ones: (N,)."""
    rows, columns = (_blurred(taps, np.ones(side)) ** -0.5 for side in size)
    filtered = np.outer(rows * _blurred(taps, rows), columns * _blurred(taps, columns))
    return np.outer(rows, columns).ravel().astype(np.float32), filtered.ravel()


def _colour_norm(lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Return the same for the kernel over position and colour."""
    sums = lattice.filter(np.ones((len(lattice.corners), 1), np.float32))
    norm = (1 / np.sqrt(sums + 1e-20)).astype(np.float32)
    return norm[:, 0], (norm * lattice.filter(norm))[:, 0]


def _blurred(taps: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Filter a line of pixels with zero padding."""
    kernel = np.concatenate([taps[:0:-1], taps]).astype(np.float64)
    full: np.ndarray = np.convolve(line, kernel)[len(taps) - 1 :][: len(line)]
    return full
