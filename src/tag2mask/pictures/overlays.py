"""Overlays of masks and maps on photos, as pure functions of arrays.

No function modifies its inputs; all work on photos of any size, including a single pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from PIL import Image

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.pictures.colours import UNDECIDED, class_colours, ramp
from tag2mask.pictures.lettering import write_names
from tag2mask.pictures.sheets import grid, legend

__all__ = ["contour", "contours", "grid", "heat", "legend", "overlay"]


def overlay(image: np.ndarray, mask: np.ndarray, *, alpha: float = 0.5,
            classes: Sequence[str] = (), hatch: bool = True) -> np.ndarray:
    """Overlay a mask on its photo: a tint and an outline per class, stripes on undecided pixels.

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W) uint8, 0 background, 255 undecided; resized to the photo, nearest.
        alpha: opacity of the tint, 0 to 1.
        classes: names of labels 1, 2, ...; if given, class names are drawn on the objects, provided
            that the photo is large enough for text.
        hatch: whether to draw stripes on undecided pixels; otherwise they are unchanged.

    Returns:
        (H, W, 3) uint8.
    """
    labels = _stretched(mask, image.shape[:2])
    colours, shares = class_colours().astype(np.int64), np.full(256, alpha, np.float32)
    colours[IGNORE] = np.array(UNDECIDED) + 70
    shares[BACKGROUND], shares[IGNORE] = 0, 0.6 if hatch else 0
    edge = _thick(contour(labels), min(labels.shape) // 500) & (labels != IGNORE)
    picture = image.copy()
    _paint(picture, labels, edge, colours, shares, max(7, min(labels.shape) // 50))
    return write_names(picture, labels, classes) if classes else picture


@numba.njit(cache=True, nogil=True)
def _paint(picture: np.ndarray, labels: np.ndarray, edge: np.ndarray, colours: np.ndarray,
           shares: np.ndarray, period: int) -> None:
    """Blend the colour of each label into its pixels with its opacity; fully opaque at edges.

    Undecided pixels get diagonal stripes of two sevenths of `period` pixels. Look-up tables
    in numpy take 3 times as long on a large photo and 14 times on a small one.
    """
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            label = labels[y, x]
            share = np.float32(1) if edge[y, x] else shares[label]
            striped = label != IGNORE or (y + x) % period < period * 2 // 7
            if label == BACKGROUND or share == 0 or not striped:
                continue
            for channel in range(3):
                pixel = picture[y, x, channel]
                mixed = pixel + share * (colours[label, channel] - pixel)
                picture[y, x, channel] = min(255, max(0, round(mixed)))


def heat(image: np.ndarray, values: np.ndarray, *, alpha: float = 0.65) -> np.ndarray:
    """Overlay an activation map on its photo, from indigo at 0 to yellow at 1.

    The photo is converted to grey, so that all colours in the picture belong to the map.

    Args:
        image: (H, W, 3) uint8.
        values: (h, w) in [0, 1], any size; stretched to the photo, bilinear.
        alpha: opacity of the map, 0 to 1.

    Returns:
        (H, W, 3) uint8.
    """
    grey = (image @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    mixed = (1 - alpha) * grey + alpha * ramp(_plane(values, image.shape[:2]))
    return mixed.round().clip(0, 255).astype(np.uint8)


def contours(image: np.ndarray, values: np.ndarray, *,
             levels: Sequence[float] = (0.25, 0.5, 0.75)) -> np.ndarray:
    """Draw contour lines of an activation map on its photo.

    Args:
        image: (H, W, 3) uint8.
        values: (h, w) in [0, 1], any size; stretched to the photo, bilinear.
        levels: values of the contour lines, each drawn in the colour of its value.

    Returns:
        (H, W, 3) uint8.
    """
    plane, picture = _plane(values, image.shape[:2]), image.copy()
    for level in levels:
        edge = _thick(contour((plane >= level).astype(np.uint8)), 1 + min(plane.shape) // 500)
        picture[edge] = ramp(np.array(level))
    return picture


def contour(mask: np.ndarray) -> np.ndarray:
    """Return the pixels with a neighbour of another label to the right, left, above or below.

    Args:
        mask: (H, W), any integer type.

    Returns:
        (H, W) bool; True on both sides of an edge, not at the border of the picture.
    """
    edge = np.zeros(mask.shape, bool)
    down, right = mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return edge


def _plane(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a map to (H, W) `size`, bilinear, as finite float32."""
    clean = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    plane = Image.fromarray(clean).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(plane)


def _stretched(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a mask to (H, W) `size`, nearest neighbour, as uint8."""
    labels = mask.astype(np.uint8)
    if labels.shape == size:
        return labels
    resized = Image.fromarray(labels).resize((size[1], size[0]), Image.Resampling.NEAREST)
    return np.asarray(resized)


def _thick(edge: np.ndarray, times: int) -> np.ndarray:
    """Widen lines by `times` pixels on each side, so that they are visible on large photos."""
    for _ in range(times):
        wider = edge.copy()
        wider[1:] |= edge[:-1]
        wider[:-1] |= edge[1:]
        wider[:, 1:] |= edge[:, :-1]
        wider[:, :-1] |= edge[:, 1:]
        edge = wider
    return edge
