"""Masks and maps laid over photos, as pure functions from arrays to arrays.

Every function leaves its inputs untouched and works on any photo, down to a single pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tag2mask.contracts import BACKGROUND, IGNORE
from tag2mask.delivery.colours import UNDECIDED, class_colours, ramp
from tag2mask.delivery.lettering import write_names
from tag2mask.delivery.sheets import grid, legend

__all__ = ["contour", "grid", "heat", "legend", "overlay"]


def overlay(image: np.ndarray, mask: np.ndarray, *, alpha: float = 0.5,
            classes: Sequence[str] = (), hatch: bool = True) -> np.ndarray:
    """Lay a mask over its photo: a tint and an outline per class, stripes where undecided.

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W) uint8, 0 background, 255 undecided; another size is stretched, nearest.
        alpha: how much of the tint covers the photo, 0 to 1.
        classes: names of labels 1, 2, ...; where given, each object bears its class name, if the
            photo is large enough for writing.
        hatch: stripe the undecided pixels; False leaves them as they are.

    Returns:
        (H, W, 3) uint8.
    """
    labels = _stretched(mask, image.shape[:2])
    colours = class_colours()
    undecided = labels == IGNORE
    decided = (labels != BACKGROUND) & ~undecided
    picture = image.copy()
    _tint(picture, decided, colours[labels[decided]], alpha)
    if hatch and undecided.any():
        _tint(picture, undecided & _stripes(labels.shape), np.array(UNDECIDED) + 70, 0.6)
    edge = _thick(contour(labels), min(labels.shape) // 500) & decided
    picture[edge] = colours[labels[edge]]
    return write_names(picture, labels, classes) if classes else picture


def _tint(picture: np.ndarray, where: np.ndarray, colour: np.ndarray, alpha: float) -> None:
    """Mix a colour, or one for each pixel, into the pixels (N, 3) of `where`."""
    pixels = picture[where].astype(np.float32)
    mixed = pixels + np.float32(alpha) * (colour - pixels)
    picture[where] = mixed.round().clip(0, 255)


def heat(image: np.ndarray, values: np.ndarray, *, alpha: float = 0.65) -> np.ndarray:
    """Lay one activation map over its photo, indigo where it is 0 and yellow where it is 1.

    The photo turns grey below, so that every colour in the picture belongs to the map.

    Args:
        image: (H, W, 3) uint8.
        values: (h, w) in [0, 1], any size; stretched to the photo, bilinear.
        alpha: how much of the map covers the photo, 0 to 1.

    Returns:
        (H, W, 3) uint8.
    """
    height, width = image.shape[:2]
    clean = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    plane = Image.fromarray(clean).resize((width, height), Image.Resampling.BILINEAR)
    grey = (image @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    mixed = (1 - alpha) * grey + alpha * ramp(np.asarray(plane))
    return mixed.round().clip(0, 255).astype(np.uint8)


def contour(mask: np.ndarray) -> np.ndarray:
    """Find the pixels whose right or lower neighbour, or left or upper, bears another label.

    Args:
        mask: (H, W), any integer type.

    Returns:
        (H, W) bool; both sides of an edge are True, the rim of the picture is not.
    """
    edge = np.zeros(mask.shape, bool)
    down, right = mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return edge


def _stretched(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The mask at (H, W) `size`, nearest neighbour, as uint8."""
    labels = mask.astype(np.uint8)
    if labels.shape == size:
        return labels
    resized = Image.fromarray(labels).resize((size[1], size[0]), Image.Resampling.NEAREST)
    return np.asarray(resized)


def _stripes(shape: tuple[int, ...]) -> np.ndarray:
    """Diagonal stripes, coarser on larger photos: (H, W) bool."""
    period = max(7, min(shape) // 50)
    return np.add.outer(np.arange(shape[0]), np.arange(shape[1])) % period < period * 2 // 7


def _thick(edge: np.ndarray, times: int) -> np.ndarray:
    """Widen lines by `times` pixels on each side, so that they are seen on large photos too."""
    for _ in range(times):
        wider = edge.copy()
        wider[1:] |= edge[:-1]
        wider[:-1] |= edge[1:]
        wider[:, 1:] |= edge[:, :-1]
        wider[:, :-1] |= edge[:, 1:]
        edge = wider
    return edge
