"""How well a mask keeps to an object's edge, whatever is inside."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE
from tag2mask.metrics.confusion import ConfusionMatrix, Counts, Figures, mean_of_known

REACH = 0.02
"""Width of the band along an edge, as a share of the photo's diagonal (the paper's choice)."""


def boundary_iou(
    truth: NDArray[np.bool_], prediction: NDArray[np.bool_], *, reach: int | None = None
) -> float:
    """Compare two masks of one object along their edges (Cheng et al., CVPR 2021, "Boundary IoU").

    Each mask is thinned to its pixels within `reach` of its own edge; of the two bands the
    intersection is divided by the union. The photo's rim counts as an edge.

    Args:
        truth: (H, W) bool.
        prediction: (H, W) bool.
        reach: in pixels, square neighbourhoods; 2 % of the photo's diagonal by default.

    Returns:
        0 to 1; nan where both are empty.

    Raises:
        ValueError: the shapes differ.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth is {truth.shape} but prediction is {prediction.shape}")
    one, other = (mask & edge_band(mask.astype(np.uint8), reach) for mask in (truth, prediction))
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else float("nan")


def edge_band(labels: NDArray[np.uint8], reach: int | None = None) -> NDArray[np.bool_]:
    """Mark, for all labels at once, the pixels near another label or the photo's rim.

    Args:
        labels: (H, W), any labels, 255 being one of them.
        reach: in pixels, square neighbourhoods; 2 % of the photo's diagonal by default.

    Returns:
        (H, W), True where something else is at most `reach` rows and columns away.
    """
    reach = reach or max(1, round(REACH * float(np.hypot(*labels.shape))))
    band = np.ones(labels.shape, np.bool_)
    _clear_inside(np.ascontiguousarray(labels), reach, band)
    return band


class BoundaryScores:
    """Boundary IoU of every class on every photo that shows it, and the means of that.

    All that a photo shows of a class counts as one object. 255 in the truth is taken out of both
    masks first, so that both have the edge that it makes. A photo that does not show a class says
    nothing about it; what is wrongly found there, the overall IoU has.
    """

    def __init__(self, num_labels: int) -> None:
        """Start with nothing counted; `num_labels` is K + 1, the background included.

        Raises:
            ValueError: `num_labels` is not 1 to 255.
        """
        self.num_labels = ConfusionMatrix(num_labels).num_labels
        self._sums: Figures = np.zeros(num_labels - 1)
        self._photos: Counts = np.zeros(num_labels - 1, np.int64)

    def add(
        self, truth: NDArray[np.uint8], prediction: NDArray[np.uint8],
        band: NDArray[np.bool_] | None = None,
    ) -> None:
        """Count one photo.

        Args:
            truth: (H, W) uint8, labels 0..K or 255.
            prediction: (H, W) uint8, labels 0..K or 255, which is no class.
            band: `edge_band(truth)`, where that is known already.

        Raises:
            ValueError: the shapes differ.
        """
        if truth.shape != prediction.shape:
            raise ValueError(f"truth is {truth.shape} but prediction is {prediction.shape}")
        found = np.where(truth == IGNORE, np.uint8(IGNORE), prediction)
        near, found_near = edge_band(truth) if band is None else band, edge_band(found)
        shared_pixels = truth[near & found_near & (truth == found)]
        there, taken, shared = (
            np.bincount(labels, minlength=256)[1 : self.num_labels]
            for labels in (truth[near], found[found_near], shared_pixels)
        )
        shown = there > 0
        self._sums[shown] += shared[shown] / (there + taken - shared)[shown]
        self._photos += shown

    def merge(self, other: BoundaryScores) -> None:
        """Add what another one has counted."""
        self._sums += other._sums
        self._photos += other._photos

    def iou(self) -> Figures:
        """(K,) mean over the photos that show the class, 0..1; nan where none does."""
        known = self._photos > 0
        return np.where(known, self._sums / np.where(known, self._photos, 1), np.nan)

    def miou(self) -> float:
        """Mean of `iou` over the classes that occur, 0..1, without the background; nan if none."""
        return float(mean_of_known(self.iou()))


@njit(nogil=True, cache=True)
def _clear_inside(labels: NDArray[np.uint8], reach: int, band: NDArray[np.bool_]) -> None:
    """Clear `band` where the square of `reach` around a pixel is of one label, in one pass.

    `rows[x]` says in how many rows on end, up to this one, the label is the same from `x - reach`
    to `x + reach`, and the same in all of these rows. SciPy's maximum and minimum filters take 6
    times as long, and together a quarter more for all that is evaluated on a photo.
    """
    height, width = labels.shape
    span = 2 * reach + 1
    rows = np.zeros(width, np.int32)
    for y in range(height):
        alike = 0
        for x in range(width):
            alike = alike + 1 if x > 0 and labels[y, x] == labels[y, x - 1] else 1
            c = x - reach
            if c < 0:
                continue
            if alike < span:
                rows[c] = 0
                continue
            rows[c] = rows[c] + 1 if y > 0 and labels[y, c] == labels[y - 1, c] else 1
            if rows[c] >= span:
                band[y - reach, c] = False
