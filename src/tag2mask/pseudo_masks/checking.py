"""Validation of the arguments of `to_mask`."""

from __future__ import annotations

import numpy as np

from tag2mask.core.contracts import IGNORE, InputError

_TOLERANCE = 1e-3


def check_maps(
    maps: object, classes: tuple[int, ...], size: tuple[int, ...], *, threshold: float, band: float
) -> np.ndarray:
    """Validate the maps of one photo and the parameters of its mask.

    Args:
        maps: (k, h, w) in [0, 1], or a batch with a single photo; an array or tensor.
        classes: (k,) 0-based class of each map.
        size: height and width of the mask.
        threshold: in (0, 1].
        band: in [0, 1).

    Returns:
        (k, h, w) float32.

    Raises:
        InputError: an argument has an invalid shape or range.
    """
    planes = _as_planes(maps)
    if len(classes) != len(planes):
        raise InputError(f"There are {len(planes)} maps for {len(classes)} classes; give the class "
                         "of each map.")
    whole = all(isinstance(each, int | np.integer) and 0 <= each < IGNORE - 1 for each in classes)
    if not whole:
        raise InputError(f"classes are {classes}; give whole numbers from 0 to {IGNORE - 2}, one "
                         "less than the labels.")
    if not 0 < threshold <= 1:
        raise InputError(f"The threshold is {threshold}; maps reach from 0 to 1, so give a number "
                         "over 0 and at most 1.")
    if not 0 <= band < 1:
        raise InputError(f"The band is {band}; give 0 or more, under 1.")
    _check_size(planes, size)
    return planes


def _as_planes(maps: object) -> np.ndarray:
    given = maps.detach().cpu() if hasattr(maps, "detach") else maps
    array = np.asarray(given)
    if array.dtype.kind not in "biuf":
        raise InputError(f"maps are of {array.dtype}; give (k, h, w) floats from 0 to 1.")
    planes = array[0] if array.ndim == 4 and len(array) == 1 else array
    if planes.ndim != 3 or not planes.shape[1:] or 0 in planes.shape[1:]:
        raise InputError(f"maps are {array.shape}; give (k, h, w), those of one photo, as in "
                         "maps[0] or maps[[1]].")
    if planes.size and not np.isfinite(planes).all():
        raise InputError("maps hold NaN or inf; check the model and the photo that they are of.")
    if planes.size and (planes.max() > 1 + _TOLERANCE or planes.min() < -1 - _TOLERANCE):
        raise InputError(f"maps run from {planes.min():.3g} to {planes.max():.3g}; give values "
                         'from 0 to 1, as activate does with normalise="max".')
    return planes.astype(np.float32)


def _check_size(planes: np.ndarray, size: tuple[int, ...]) -> None:
    good = len(size) == 2 and all(isinstance(side, int | np.integer) and side > 0 for side in size)
    if not good:
        raise InputError(f"size is {size}; give the height and width of the mask, in pixels.")
    rows, columns = planes.shape[1:]
    height, width = size

    def off(tall: int, wide: int) -> float:
        return float(min(abs(rows - tall * columns / wide), abs(columns - wide * rows / tall)))

    if off(height, width) > 1 and off(width, height) <= 1:
        raise InputError(f"size is {size}, height first, but maps of {rows} x {columns} are of a "
                         f"photo of {width} x {height}; give ({width}, {height}).")
