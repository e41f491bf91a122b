"""The dense CRF as its paper writes it: every pair of pixels, float64."""

from __future__ import annotations

import numpy as np


def kernel(features: np.ndarray) -> np.ndarray:
    """Give the Gaussian of all distances between features (N, d): (N, N)."""
    apart = features[:, None].astype(np.float64) - features[None]
    values: np.ndarray = np.exp(-0.5 * (apart**2).sum(-1))
    return values


def normalised(matrix: np.ndarray) -> np.ndarray:
    """Divide by the square roots of both sums."""
    norm = 1 / np.sqrt(matrix.sum(1))
    result: np.ndarray = norm[:, None] * matrix * norm[None]
    return result


def mean_field(
    image: np.ndarray, unary: np.ndarray, gaussian: tuple[float, float],
    bilateral: tuple[float, float, float], iterations: int,
) -> np.ndarray:
    """Run algorithm 1 of Krähenbühl and Koltun, each pixel's message to itself included."""
    labels, height, width = unary.shape
    y, x = np.mgrid[:height, :width]
    places = np.stack([x, y], -1).reshape(-1, 2)
    colours = image.reshape(-1, 3).astype(np.float64) / bilateral[1]
    both = np.concatenate([places / bilateral[0], colours], 1)
    near, far = normalised(kernel(places / gaussian[0])), normalised(kernel(both))
    energies = unary.reshape(labels, -1).astype(np.float64)
    beliefs = softmax(-energies)
    for _ in range(iterations):
        messages = gaussian[1] * beliefs @ near + bilateral[2] * beliefs @ far
        beliefs = softmax(messages - energies)
    return beliefs.reshape(unary.shape)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the first dimension."""
    shifted = np.exp(logits - logits.max(0))
    result: np.ndarray = shifted / shifted.sum(0)
    return result


def blobs(height: int, width: int, labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw an image of a few flat regions with noise, and unsure probabilities over it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    image = np.full((height, width, 3), 60.0)
    for _ in range(labels):
        cy, cx = rng.uniform(0, height), rng.uniform(0, width)
        inside = (y - cy) ** 2 + (x - cx) ** 2 < (0.25 * min(height, width)) ** 2
        image[inside] = rng.uniform(0, 255, 3)
    image = np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    coarse = rng.normal(0, 1, (labels, height // 4 + 1, width // 4 + 1))
    logits = coarse.repeat(4, 1).repeat(4, 2)[:, :height, :width]
    return image, softmax(logits).astype(np.float32)
