"""Strength of the edges of a photo under the outline of its foreground, over levels of the scores.

Maps are coarse: the fraction of foreground that fits them best is larger than the area of small
objects. Sharpened scores follow the photo, but at a level that is too low the outline leaves the
objects and lies on nothing. The mean edge under the outlines, on which geodesic active contours
(Caselles et al., 1997) move too, then falls: how much of the foreground to give up can be seen
without masks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

FACTORS = np.geomspace(1 / 16, 1, 33)
"""Candidates, as multiples of the fraction of foreground before."""

_LEAST = 0.25
"""Smallest factor that is chosen; smaller ones only show whether the edges have a peak."""

_NEARLY, _PEAK = 0.8, 0.6
"""Part of the strongest mean edge that the chosen candidate has at least; and that a smaller one
has at most, where the edges have a peak."""

_MOST_LOST = 0.05
"""Part of the tags that may lose their last sure pixel; a network would learn from that."""

_FEWEST = 200
"""Number of pairs of pixels under an outline; the mean of fewer is left to chance."""

_BLUR = 1.0
"""Standard deviation in pixels; the noise of single pixels is not an edge."""


def outline_edges(
    pixels: npt.NDArray[np.uint8], ratios: npt.NDArray[np.float32],
    levels: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Sum the edges of a photo under the outline of its foreground, at every level.

    Args:
        pixels: (h, w, 3).
        ratios: (h, w), the largest ratio of a class score to the background's.
        levels: (S,) ascending; pixels with a larger ratio are foreground.

    Returns:
        (2, S): the sum of the edges, as multiples of the mean edge of the photo, and the number of
        pairs of neighbouring pixels that are on either side of the outline.
    """
    smooth = gaussian_filter(pixels.astype(np.float32), (_BLUR, _BLUR, 0))
    edges = [np.abs(np.diff(smooth, axis=axis)).sum(2).ravel() for axis in (0, 1)]
    mean = max(float(np.concatenate(edges).sum()) / max(sum(map(len, edges)), 1), 1e-6)
    found = np.zeros((2, len(levels)))
    for strength, first, second in zip(
        edges, (ratios[:-1], ratios[:, :-1]), (ratios[1:], ratios[:, 1:]), strict=True
    ):
        # The outline runs between two pixels at all levels from the smaller ratio to the larger.
        begin = np.searchsorted(levels, np.minimum(first, second).ravel())
        end = np.searchsorted(levels, np.maximum(first, second).ravel())
        for row, weights in enumerate((strength / mean, np.ones(len(strength)))):
            found[row] += _running(begin, end, weights, len(levels))
    return found


def _running(
    begin: npt.NDArray[np.intp], end: npt.NDArray[np.intp], weights: npt.NDArray[np.float64],
    count: int,
) -> npt.NDArray[np.float64]:
    """Sum the weights of the ranges [begin, end) that contain each of `count` indices."""
    change = np.zeros(count + 1)
    change += np.bincount(begin, weights, count + 1)
    change -= np.bincount(end, weights, count + 1)
    return change.cumsum()[:-1]


def strengths(found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean edge (S,) of sums (2, S) over photos; 0 where there is hardly any outline."""
    mean: npt.NDArray[np.float64] = np.where(
        found[1] >= _FEWEST, found[0].clip(0) / np.maximum(found[1], 1), 0)
    return mean


def highest_ratios(ratios: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the level from which each tag of a photo has no pixel left.

    Args:
        ratios: (k, h, w), ratios of the scores of the photo's tags to the background's.

    Returns:
        (k,); 0 for a tag that is nowhere the largest.
    """
    largest = ratios.argmax(0) == np.arange(len(ratios))[:, None, None]
    highest: npt.NDArray[np.float32] = np.where(largest, ratios, 0).max((1, 2))
    return highest


def choose_factor(
    curve: npt.NDArray[np.float64], lost: npt.NDArray[np.float64], *, peak: bool
) -> int:
    """Return the index of the largest factor with nearly the strongest edges.

    Args:
        curve: (S,) mean edges at all `FACTORS`.
        lost: (S,) part of the tags of all photos that lose their last sure pixel.
        peak: whether factors are lowered only if edges are weak at still smaller ones, so that the
            strongest ones show a size. Edges may also be strongest on parts of an object.
    """
    first = int(np.flatnonzero(FACTORS >= _LEAST)[0])
    strongest = first + int(curve[first:].argmax())
    smaller = curve[:strongest]
    if peak and not ((smaller > 0) & (smaller <= _PEAK * curve[strongest])).any():
        return len(curve) - 1
    strong = first + np.flatnonzero(curve[first:] >= _NEARLY * curve[strongest])
    return int(max(strong[-1], np.flatnonzero(lost <= _MOST_LOST)[0]))
