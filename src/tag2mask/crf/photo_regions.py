"""A photo as a graph of small regions, computed once per photo so that every click is fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from PIL import Image

from tag2mask.crf.region_growing import grow_regions
from tag2mask.pictures.colours import oklab

_PIXELS = 160_000
"""Approximate maximum number of pixels for region growing; larger photos are shrunk for it, and
region borders are then refined."""

_SMALLEST = 20
"""Minimum average number of pixels per region; small photos therefore have fewer regions."""

_FLAT = 0.004
"""Contrast in OKLab below which two regions count as equal; noise of 8-bit photos is below it."""


@dataclass(frozen=True)
class PhotoRegions:
    """Regions of similar colour, and the contrasts between neighbours."""

    labels: np.ndarray
    """(H, W) int32, the region of each pixel, 0 to n - 1."""
    grid: np.ndarray
    """(h, w) int32, the region of each pixel of the shrunk photo used for region growing."""
    sizes: np.ndarray
    """(n,) float32, the number of pixels of each region on the grid."""
    looks: np.ndarray
    """(n, C) float32: mean colour in OKLab, followed by features if they were given."""
    starts: np.ndarray
    """(n + 1,) int64: the neighbours of region i are `neighbours[starts[i]:starts[i + 1]]`."""
    neighbours: np.ndarray
    """(2 E,) int64, regions; each of the E pairs of neighbours occurs in both directions."""
    contrasts: np.ndarray
    """(2 E,) float32: contrast to the neighbour, in units of the photo's typical contrast."""
    borders: np.ndarray
    """(2 E,) float32: length of the common border, in pixels of the grid of regions."""


def divide_photo(
    image: np.ndarray, *, count: int = 3000, features: np.ndarray | None = None,
    weight: float = 1.0,
) -> PhotoRegions:
    """Divide a photo into regions and compute the contrasts between neighbours.

    Args:
        image: (H, W, 3) uint8.
        count: approximate number of regions; small photos have fewer.
        features: (C, h, w), network features of any size and scale, which distinguish regions of
            similar colour.
        weight: weight of the features relative to colours.

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


def on_grid(regions: PhotoRegions, plane: np.ndarray) -> np.ndarray:
    """Bring a plane of any size to the grid of the regions by its nearest pixels: (h, w)."""
    if plane.shape == regions.grid.shape:
        return plane
    rows, columns = (np.arange(new) * old // new
                     for new, old in zip(regions.grid.shape, plane.shape, strict=True))
    return np.asarray(plane[rows][:, columns])


def region_means(regions: PhotoRegions, plane: np.ndarray) -> np.ndarray:
    """Average a plane of any size over each region: (n,) float64."""
    seen = on_grid(regions, plane)
    return np.asarray(np.bincount(regions.grid.ravel(), seen.ravel(), len(regions.sizes))
                      / regions.sizes)


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    picture = Image.fromarray(image).resize(size[::-1], Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(picture)


def _spread(features: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize features to the grid (h, w, C) and normalise each to unit length."""
    planes = [np.asarray(Image.fromarray(np.ascontiguousarray(plane, np.float32)).resize(
        size[::-1], Image.Resampling.BILINEAR)) for plane in features]
    stacked = np.stack(planes, axis=-1)
    length = np.linalg.norm(stacked, axis=-1, keepdims=True)
    return np.asarray(stacked / np.maximum(length, 1e-12))


def _means(labels: np.ndarray, values: np.ndarray, number: int) -> np.ndarray:
    """Average values (h, w, C) over regions: (n, C) float32."""
    flat = labels.ravel()
    counts = np.maximum(np.bincount(flat, minlength=number), 1)
    columns = [np.bincount(flat, values[..., c].ravel(), number) / counts
               for c in range(values.shape[-1])]
    return np.stack(columns, axis=-1).astype(np.float32)


def _pairs(
    labels: np.ndarray, colours: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find neighbours: (E, 2) regions, (E,) border lengths, (E,) mean colour steps across it."""
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
    """Divide contrasts by the typical one, so that parameters suit grey and colourful photos."""
    typical = float(np.median(contrast)) if len(contrast) else 0.0
    return np.asarray(contrast / max(typical, _FLAT), np.float32)


def _both_ways(
    pairs: np.ndarray, contrasts: np.ndarray, borders: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Store each pair in both directions, sorted by the first region."""
    source = np.concatenate([pairs[:, 0], pairs[:, 1]])
    target = np.concatenate([pairs[:, 1], pairs[:, 0]])
    order = np.argsort(source, kind="stable")
    starts = np.searchsorted(source[order], np.arange(number + 1))
    both = np.concatenate([contrasts, contrasts]), np.concatenate([borders, borders])
    return (starts.astype(np.int64), target[order], both[0][order].astype(np.float32),
            both[1][order].astype(np.float32))


@njit(nogil=True, cache=True, fastmath=True)
def _refine(image: np.ndarray, grid: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Enlarge regions to the photo; at borders each pixel joins the region of the nearest colour.

    Args:
        image: (H, W, 3) uint8.
        grid: (h, w) int32.
        means: (n, 3) float32, mean colours of the regions in 0..255.

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
    """Find the cells whose eight neighbours all belong to the same region: (h, w) bool."""
    inner = np.zeros(grid.shape, np.bool_)
    for v in range(1, grid.shape[0] - 1):
        for u in range(1, grid.shape[1] - 1):
            inner[v, u] = np.all(grid[v - 1 : v + 2, u - 1 : u + 2] == grid[v, u])
    return inner


@njit(nogil=True, cache=True, fastmath=True)
def _likest(pixel: np.ndarray, grid: np.ndarray, v: int, u: int, means: np.ndarray) -> int:
    """Return the region at or next to a cell whose colour is nearest to that of a pixel."""
    best, least = grid[v, u], np.float32(np.inf)
    for row in range(max(0, v - 1), min(grid.shape[0], v + 2)):
        for column in range(max(0, u - 1), min(grid.shape[1], u + 2)):
            mean, far = means[grid[row, column]], np.float32(0)
            for channel in range(3):
                far += (pixel[channel] - mean[channel]) ** 2
            if far < least:
                best, least = grid[row, column], far
    return int(best)
