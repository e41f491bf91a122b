"""A photo as a graph of small regions: what is computed once, so that every click is fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from PIL import Image

from tag2mask.crf.region_growing import grow_regions
from tag2mask.pictures.colours import oklab

_PIXELS = 160_000
"""Regions are grown on a photo of at most about so many pixels; borders are then refined."""

_SMALLEST = 20
"""Pixels of a region on average, at least: a thumbnail has fewer regions."""

_FLAT = 0.004
"""Contrast in OKLab below which two regions count as equal, as noise of 8-bit photos does."""


@dataclass(frozen=True)
class PhotoRegions:
    """Regions of similar colour, and how unlike neighbours are."""

    labels: np.ndarray
    """(H, W) int32, the region of each pixel, 0 to n - 1."""
    grid: np.ndarray
    """(h, w) int32, the same on the shrunk photo that they were grown on."""
    sizes: np.ndarray
    """(n,) float32, the pixels of each region on the grid."""
    looks: np.ndarray
    """(n, C) float32: mean colour in OKLab, and features where they were given."""
    starts: np.ndarray
    """(n + 1,) int64: the neighbours of region i are `neighbours[starts[i]:starts[i + 1]]`."""
    neighbours: np.ndarray
    """(2 E,) int64."""
    contrasts: np.ndarray
    """(2 E,) float32: how unlike, in units of the photo's typical contrast."""
    borders: np.ndarray
    """(2 E,) float32: length of the common border, in pixels of the grid of regions."""


def divide_photo(
    image: np.ndarray, *, count: int = 3000, features: np.ndarray | None = None,
    weight: float = 1.0,
) -> PhotoRegions:
    """Divide a photo into regions and measure how unlike neighbours are.

    Args:
        image: (H, W, 3) uint8.
        count: of regions, about; small photos have fewer.
        features: (C, h, w) of a network, any size and scale, to tell regions apart where colours
            do not.
        weight: of the features against colours.

    Returns:
        The regions, for `propose`.
    """
    height, width = image.shape[:2]
    shrink = min(1.0, float(np.sqrt(_PIXELS / (height * width))))
    size = max(1, round(height * shrink)), max(1, round(width * shrink))
    small = image if size == (height, width) else _resized(image, size)
    colours = oklab(small.reshape(-1, 3)).astype(np.float32).reshape(*size, 3)
    grid = grow_regions(colours, min(count, 1 + size[0] * size[1] // _SMALLEST))
    number = int(grid.max()) + 1
    pairs, borders, steps = _pairs(grid, colours, number)
    looks = _means(grid, colours, number)
    apart = np.linalg.norm(looks[pairs[:, 0]] - looks[pairs[:, 1]], axis=1)
    contrast = _relative(np.maximum(apart, steps))
    if features is not None:
        more = _means(grid, _spread(features, size), number)
        contrast = contrast + weight * _relative(
            np.linalg.norm(more[pairs[:, 0]] - more[pairs[:, 1]], axis=1))
        looks = np.concatenate([looks, weight * 0.1 * more], axis=1)
    labels = grid if size == (height, width) else _refine(image, grid, _means(
        grid, small.astype(np.float32), number))
    sizes = np.bincount(grid.ravel(), minlength=number).astype(np.float32)
    return PhotoRegions(labels, grid, sizes, looks, *_both_ways(pairs, contrast, borders, number))


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    picture = Image.fromarray(image).resize(size[::-1], Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(picture)


def _spread(features: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bring features to (h, w, C) of the grid, each of unit length."""
    planes = [np.asarray(Image.fromarray(np.ascontiguousarray(plane, np.float32)).resize(
        size[::-1], Image.Resampling.BILINEAR)) for plane in features]
    stacked = np.stack(planes, axis=-1)
    length = np.linalg.norm(stacked, axis=-1, keepdims=True)
    return np.asarray(stacked / np.maximum(length, 1e-12))


def _means(labels: np.ndarray, values: np.ndarray, number: int) -> np.ndarray:
    """Average (h, w, C) over regions: (n, C) float32."""
    flat = labels.ravel()
    counts = np.maximum(np.bincount(flat, minlength=number), 1)
    columns = [np.bincount(flat, values[..., c].ravel(), number) / counts
               for c in range(values.shape[-1])]
    return np.stack(columns, axis=-1).astype(np.float32)


def _pairs(
    labels: np.ndarray, colours: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find neighbours: (E, 2) regions, (E,) border lengths, (E,) mean step of colour across."""
    keys, steps = [], []
    for one, other in (((slice(None), slice(1, None)), (slice(None), slice(-1))),
                       ((slice(1, None), slice(None)), (slice(-1), slice(None)))):
        a, b = labels[one], labels[other]
        edge = a != b
        low, high = np.minimum(a[edge], b[edge]), np.maximum(a[edge], b[edge])
        keys.append(low.astype(np.int64) * number + high)
        steps.append(np.linalg.norm(colours[one][edge] - colours[other][edge], axis=1))
    found, places = np.unique(np.concatenate(keys), return_inverse=True)
    lengths = np.bincount(places, minlength=len(found)).astype(np.float32)
    across = np.bincount(places, np.concatenate(steps), len(found)) / np.maximum(lengths, 1)
    return np.stack([found // number, found % number], axis=1), lengths, across


def _relative(contrast: np.ndarray) -> np.ndarray:
    """Express contrasts in units of the typical one, so that grey photos work as colourful ones."""
    typical = float(np.median(contrast)) if len(contrast) else 0.0
    return np.asarray(contrast / max(typical, _FLAT), np.float32)


def _both_ways(
    pairs: np.ndarray, contrasts: np.ndarray, borders: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """List each region's neighbours one after the other."""
    source = np.concatenate([pairs[:, 0], pairs[:, 1]])
    target = np.concatenate([pairs[:, 1], pairs[:, 0]])
    order = np.argsort(source, kind="stable")
    starts = np.searchsorted(source[order], np.arange(number + 1))
    both = np.concatenate([contrasts, contrasts]), np.concatenate([borders, borders])
    return (starts.astype(np.int64), target[order], both[0][order].astype(np.float32),
            both[1][order].astype(np.float32))


@njit(nogil=True, cache=True, fastmath=True)
def _refine(image: np.ndarray, grid: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Enlarge regions to a photo; at borders each pixel joins the region of its colour.

    Args:
        image: (H, W, 3) uint8.
        grid: (h, w) int32.
        means: (n, 3) float32, colours of the regions in 0..255.

    Returns:
        (H, W) int32.
    """
    height, width = image.shape[:2]
    labels = np.empty((height, width), np.int32)
    inner = _inner(grid)
    for y in range(height):
        v = y * grid.shape[0] // height
        for x in range(width):
            u = x * grid.shape[1] // width
            labels[y, x] = grid[v, u] if inner[v, u] else _likest(image[y, x], grid, v, u, means)
    return labels


@njit(nogil=True, cache=True)
def _inner(grid: np.ndarray) -> np.ndarray:
    """Find the cells all of whose eight neighbours are of the same region: (h, w) bool."""
    inner = np.zeros(grid.shape, np.bool_)
    for v in range(1, grid.shape[0] - 1):
        for u in range(1, grid.shape[1] - 1):
            inner[v, u] = np.all(grid[v - 1 : v + 2, u - 1 : u + 2] == grid[v, u])
    return inner


@njit(nogil=True, cache=True, fastmath=True)
def _likest(pixel: np.ndarray, grid: np.ndarray, v: int, u: int, means: np.ndarray) -> int:
    """Choose the region around a cell whose colour is nearest to a pixel's."""
    best, least = grid[v, u], np.float32(np.inf)
    for row in range(max(0, v - 1), min(grid.shape[0], v + 2)):
        for column in range(max(0, u - 1), min(grid.shape[1], u + 2)):
            mean, far = means[grid[row, column]], np.float32(0)
            for channel in range(3):
                far += (pixel[channel] - mean[channel]) ** 2
            if far < least:
                best, least = grid[row, column], far
    return int(best)
