"""Recognise the coordinate convention of a table from all of its rows together.

The default is pixels of the upright photo. Another convention is chosen only if every row fits it
and pixels do not fit, or if pixels are extremely unlikely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import InputError
from tag2mask.data.annotations.sheets import Shape, Shapes

_SURE = -14.0
"""Log-probability below which values in a small corner of the photos are not a coincidence."""

_FEW_BAD = 0.1
"""Maximum share of rows outside their photos; tables with more are refused."""

_SLACK = 0.02
"""Distance by which shapes may extend beyond a photo, as a share of its sides; it is cut off."""

Floats = npt.NDArray[np.float64]
Pair = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Frame:
    """The photo of a row: its size in pixels when upright, and its EXIF orientation."""

    height: int
    width: int
    orientation: int = 1


@dataclass(frozen=True, eq=False)
class Places:
    """All N coordinates of a table, and the photos that they belong to."""

    x: Floats
    y: Floats
    width: Floats
    height: Floats
    turn: npt.NDArray[np.int64]
    """EXIF orientation of the photo."""
    slack: npt.NDArray[np.bool_]
    """Whether it belongs to a box or a scribble, which may be clipped slightly."""
    starts: npt.NDArray[np.int64]
    """Start index of each row, (R,)."""

    @classmethod
    def of(cls, rows: Sequence[Shape], frames: Sequence[Frame]) -> Places:
        """Concatenate the coordinates of the rows."""
        counts = np.array([len(row.xs) for row in rows])
        owner = np.repeat(np.arange(len(rows)), counts)
        sizes = np.array([(f.width, f.height, f.orientation) for f in frames], np.int64)[owner]
        return cls(
            x=np.array([x for row in rows for x in row.xs], np.float64),
            y=np.array([y for row in rows for y in row.ys], np.float64),
            width=sizes[:, 0].astype(np.float64), height=sizes[:, 1].astype(np.float64),
            turn=sizes[:, 2], slack=np.array([row.kind != "point" for row in rows])[owner],
            starts=np.concatenate([[0], np.cumsum(counts)[:-1]]),
        )

    def inside(self, convention: str) -> npt.NDArray[np.bool_]:
        """Return whether each row is inside its photo, with a small tolerance, (R,)."""
        x, y = CONVENTIONS[convention](self)
        loose = self.slack | (convention in (SHARES, PERCENT))
        across, down = _SLACK * self.width * loose, _SLACK * self.height * loose
        good = (x >= -across) & (x <= self.width + across)
        good &= (y >= -down) & (y <= self.height + down)
        return np.logical_and.reduceat(good, self.starts)


def _unturned(places: Places) -> Pair:
    """Convert coordinates of photos as stored to coordinates of the upright photos."""
    x, y, wide, tall = places.x, places.y, places.width, places.height
    turned = {
        2: (wide - x, y), 3: (wide - x, tall - y), 4: (x, tall - y), 5: (y, x),
        6: (wide - y, x), 7: (wide - y, tall - x), 8: (y, tall - x),
    }
    for turn, (across, down) in turned.items():
        x = np.where(places.turn == turn, across, x)
        y = np.where(places.turn == turn, down, y)
    return x, y


PIXELS = "pixels"
UNTURNED = "pixels of the photo before it is turned upright (EXIF)"
EXCHANGED = "pixels with x and y exchanged"
SHARES = "shares of width and height (0 to 1)"
PERCENT = "percent of width and height"

CONVENTIONS: Mapping[str, Callable[[Places], Pair]] = {
    PIXELS: lambda places: (places.x, places.y),
    UNTURNED: _unturned,
    EXCHANGED: lambda places: (places.y, places.x),
    SHARES: lambda places: (places.x * places.width, places.y * places.height),
    PERCENT: lambda places: (places.x * places.width / 100, places.y * places.height / 100),
}
"""The supported coordinate conventions, in the words of the notice."""


def choose_convention(shapes: Shapes, frames: Sequence[Frame], places: Places) -> str:
    """Return the key of `CONVENTIONS` that the rows follow.

    Args:
        shapes: the table, with at least one row.
        frames: the photo of each row.
        places: the coordinates of these rows.

    Raises:
        InputError: many rows are outside their photos, and no convention explains them.
    """
    if shapes.percent:
        return PERCENT
    lowest = min(places.x.min(), places.y.min())
    highest = max(places.x.max(), places.y.max())
    fractions = bool((places.x % 1).any() or (places.y % 1).any())
    if lowest >= 0 and highest <= 1 and (fractions or _chance(shapes, frames, 1) < _SURE):
        return SHARES
    if lowest >= 0 and highest <= 100 and _spread(places) \
            and _chance(shapes, frames, 100) < _SURE:
        return PERCENT
    good = places.inside(PIXELS)
    if good.all():
        return PIXELS
    turns = np.array([frame.orientation for frame in frames])
    if (turns[~good] > 1).all() and places.inside(UNTURNED).all():
        return UNTURNED
    if places.inside(EXCHANGED).all():
        return EXCHANGED
    if (~good).sum() > max(1, _FEW_BAD * len(good)):
        raise _outside(shapes, frames, np.flatnonzero(~good))
    return PIXELS


def _chance(shapes: Shapes, frames: Sequence[Frame], largest: float) -> float:
    """Return the log-probability that pixel coordinates are all below a value.

    Shapes of one photo may all belong to one small object, so each photo counts once.
    """
    photos = {row.image: frame for row, frame in zip(shapes.rows, frames, strict=True)}
    sides = np.array([(frame.width, frame.height) for frame in photos.values()])
    return float(np.log(np.minimum(1, (largest + 1) / sides)).sum())


def _spread(places: Places) -> bool:
    """Return whether values up to 100 cover that range, as positions in photos do."""
    return all(axis.min() < 40 and axis.max() > 60 for axis in (places.x, places.y))


def _outside(
    shapes: Shapes, frames: Sequence[Frame], bad: npt.NDArray[np.intp]
) -> InputError:
    row, frame = shapes.rows[bad[0]], frames[bad[0]]
    written = " ".join(f"{x:g},{y:g}" for x, y in zip(row.xs[:2], row.ys[:2], strict=True))
    return InputError(
        f"{len(bad):,} of {len(shapes.rows):,} rows in {shapes.path} lie outside of their photos, "
        f"the first in row {row.number} ({written} on {row.image}, which is {frame.width} x "
        f"{frame.height} pixels when it is upright); write coordinates in pixels of the upright "
        f"photo."
    )
