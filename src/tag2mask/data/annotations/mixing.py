"""Find rows with coordinates from 0 to 1 in a table of pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import InputError
from tag2mask.data.annotations.conventions import Frame, Places
from tag2mask.data.annotations.sheets import Shapes

_CHANCE = math.log(0.01)
"""Log-probability below which so many shapes within the first pixel are not a coincidence."""

_FEW = 0.1
"""Maximum share of such rows; tables with more are refused."""


def share_rows(
    shapes: Shapes, frames: Sequence[Frame], places: Places
) -> npt.NDArray[np.bool_]:
    """Return which rows of a table of pixels are written in shares of width and height, (R,).

    Such a row lies within the first pixel of its photo, where real annotations hardly ever are.

    Args:
        shapes: the table, with at least one row.
        frames: the photo of each row.
        places: the coordinates of these rows.

    Raises:
        InputError: many rows are shares, so it is unclear what the others are.
    """
    found = _within_first_pixel(places)
    count, usual = int(found.sum()), sum(1 / (f.width * f.height) for f in frames)
    if not count or count * math.log(usual) - math.lgamma(count + 1) > _CHANCE:
        return np.zeros(len(found), bool)
    if count > max(1, _FEW * len(found)):
        raise _mixed(shapes, found)
    return found


def _within_first_pixel(places: Places) -> npt.NDArray[np.bool_]:
    inside = (places.x >= 0) & (places.x <= 1) & (places.y >= 0) & (places.y <= 1)
    broken = (places.x % 1 != 0) | (places.y % 1 != 0)
    return np.asarray(np.logical_and.reduceat(inside, places.starts)
                      & np.logical_or.reduceat(broken, places.starts))


def _mixed(shapes: Shapes, found: npt.NDArray[np.bool_]) -> InputError:
    rarer = found if 2 * found.sum() <= len(found) else ~found
    row = shapes.rows[int(np.flatnonzero(rarer)[0])]
    return InputError(
        f"{int(found.sum()):,} of {len(found):,} rows in {shapes.path} have coordinates from 0 to "
        f"1 and the others have pixels, see row {row.number} ({row.xs[0]:g},{row.ys[0]:g} on "
        f"{row.image}); write all rows in pixels of the upright photo."
    )
