"""Estimate the reliability of a generated mask without a true mask, from arrays alone.

No function here uses a true mask. Two criteria are combined. Agreement: the network was trained on
all other photos, and if it agrees with a mask despite its limited capacity, the mask is consistent
with the others. Stability: if an object has a clear outline, its mask hardly changes with the
threshold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tag2mask.core.contracts import IGNORE
from tag2mask.metrics.confusion import Figures, mean_of_known

Mask = NDArray[np.uint8]
Planes = NDArray[np.float32]


def soft_iou(mask: Mask, labels: Sequence[int], probabilities: Planes) -> Figures:
    """Compute the expected IoU of a mask under a network's probabilities, label by label.

    Args:
        mask: (H, W) uint8.
        labels: (L,) labels to score.
        probabilities: (L, H, W) in 0..1, of the same labels in the same order.

    Returns:
        (L,) expected intersection over expected union, 0..1; nan if both are empty.
    """
    own = mask[None] == np.asarray(labels, np.uint8)[:, None, None]
    shared = (probabilities * own).sum((1, 2), dtype=np.float64)
    union = probabilities.sum((1, 2), dtype=np.float64) + own.sum((1, 2)) - shared
    return _ratio(shared, union)


def label_iou(first: Mask, second: Mask, labels: Sequence[int]) -> Figures:
    """Return the IoU (L,) of two masks (H, W) by label, 0..1; nan where neither has it."""
    wanted = np.asarray(labels, np.uint8)[:, None, None]
    one, other = first[None] == wanted, second[None] == wanted
    return _ratio((one & other).sum((1, 2)).astype(float), (one | other).sum((1, 2)).astype(float))


def settled(mask: Mask, certain: Mask | None) -> Mask:
    """Return a mask with the annotated labels, so that only other pixels can lower the trust.

    Args:
        mask: (H, W) uint8.
        certain: (H, W) uint8, annotated labels, 255 elsewhere; None without annotation.
    """
    return mask if certain is None else np.where(certain == IGNORE, mask, certain)


def settled_probabilities(
    probabilities: Planes, labels: Sequence[int], certain: Mask | None
) -> Planes:
    """Return probabilities that are 0 or 1 at annotated pixels.

    Args:
        probabilities: (L, H, W) in 0..1.
        labels: (L,) labels of the planes.
        certain: (H, W) uint8, annotated labels, 255 elsewhere; None without annotation.
    """
    if certain is None:
        return probabilities
    own = certain[None] == np.asarray(labels, np.uint8)[:, None, None]
    result: Planes = np.where(certain[None] == IGNORE, probabilities, own).astype(np.float32)
    return result


def trust(agreement: Figures, stability: Figures) -> Figures:
    """Combine both by the geometric mean, so that neither compensates for a low value of the other.

    Args:
        agreement: (..., L) in 0..1; nan counts as 0, since a tag without pixels is a failed mask.
        stability: (..., L) in 0..1, likewise.

    Returns:
        (..., L) in 0..1.
    """
    result: Figures = np.sqrt(np.nan_to_num(agreement) * np.nan_to_num(stability))
    return result


def photo_mean(figures: Figures) -> float:
    """Average over a photo's labels (1 + k,), the background first.

    An empty class counts as 0, since the photo has its tag; an empty background is ignored, since
    an object may fill the photo.
    """
    known = np.concatenate([figures[:1], np.nan_to_num(figures[1:])])
    return float(np.nan_to_num(mean_of_known(known)))


def _ratio(part: Figures, whole: Figures) -> Figures:
    result: Figures = np.where(whole > 0, part / np.maximum(whole, 1e-12), np.nan)
    return result
