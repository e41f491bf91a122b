"""Boundary IoU: agreement of masks near object edges, regardless of the interior."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE
from tag2mask.metrics.confusion import ConfusionMatrix, Counts, Figures, mean_of_known

REACH = 0.02
"""Width of the band along an edge, as a fraction of the photo's diagonal (as in the paper)."""


def boundary_iou(
    truth: NDArray[np.bool_], prediction: NDArray[np.bool_], *, reach: int | None = None
) -> float:
    """Compare two masks of one object along their edges (Cheng et al., CVPR 2021, "Boundary IoU").

    Each mask is reduced to its pixels within `reach` of its own edge; the score is the intersection
    over union of the two bands. The photo's border counts as an edge.

    Args:
        truth: (H, W) bool.
        prediction: (H, W) bool.
        reach: in pixels, square neighbourhoods; 2 % of the photo's diagonal by default.

    Returns:
        0..1; nan if both are empty.

    Raises:
        ValueError: the shapes differ.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth is {truth.shape} but prediction is {prediction.shape}")
    one, other = (mask & edge_band(mask.astype(np.uint8), reach) for mask in (truth, prediction))
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else float("nan")


def edge_band(labels: NDArray[np.uint8], reach: int | None = None) -> NDArray[np.bool_]:
    """Mark, for all labels at once, the pixels near another label or the photo's border.

    Args:
        labels: (H, W), any labels; 255 is treated like any other.
        reach: in pixels, square neighbourhoods; 2 % of the photo's diagonal by default.

    Returns:
        (H, W), True where another label or the border is at most `reach` rows and columns away.
    """
    reach = reach or max(1, round(REACH * float(np.hypot(*labels.shape))))
    band = np.ones(labels.shape, np.bool_)
    _clear_inside(np.ascontiguousarray(labels), reach, band)
    return band


class BoundaryScores:
    """Boundary IoU per class and photo, averaged over the photos that contain the class.

    All pixels of a class in a photo count as one object. Pixels with a truth of 255 are first
    removed from both masks, so that both have an edge there. A photo without a class does not
    contribute to the score of that class; false positives there only affect the overall IoU.
    """

    def __init__(self, num_labels: int) -> None:
        """Initialise with zero counts; `num_labels` is K + 1, the background included.

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
            prediction: (H, W) uint8, labels 0..K or 255, which is not a class.
            band: `edge_band(truth)`, if already computed.

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
        """Add the counts of another `BoundaryScores`."""
        self._sums += other._sums
        self._photos += other._photos

    def iou(self) -> Figures:
        """(K,) mean over the photos that contain the class, 0..1; nan if no photo does."""
        known = self._photos > 0
        return np.where(known, self._sums / np.where(known, self._photos, 1), np.nan)

    def miou(self) -> float:
        """Mean of `iou` over the classes that occur, 0..1, without the background; nan if none."""
        return float(mean_of_known(self.iou()))


@njit(nogil=True, cache=True)
def _clear_inside(labels: NDArray[np.uint8], reach: int, band: NDArray[np.bool_]) -> None:
    """Clear `band` in one pass where the square of `reach` around a pixel has a single label.

    `rows[x]` is the number of consecutive rows, up to the current one, in which all pixels from
    `x - reach` to `x + reach` have one label, the same in all of these rows. SciPy's maximum and
    minimum filters take 6 times as long, which makes the whole evaluation of a photo a quarter
    slower.
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
