"""How far to trust a mask that nobody has drawn: what speaks for it, from arrays alone.

No function here sees a true mask. Two questions are asked. Would somebody else draw the same? The
network has seen all other photos, and where it agrees with a mask although it must make do with
few weights, the mask is like the others. And does it stay the same when the threshold moves? Where
an object has a clear outline, any threshold finds it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tag2mask.metrics.confusion import Figures, mean_of_known

Mask = NDArray[np.uint8]
Planes = NDArray[np.float32]


def soft_iou(mask: Mask, labels: Sequence[int], probabilities: Planes) -> Figures:
    """Say which IoU a network expects a mask to have, label by label.

    Args:
        mask: (H, W) uint8.
        labels: (L,) that are asked for.
        probabilities: (L, H, W) in 0..1, of the same labels in the same order.

    Returns:
        (L,) expected intersection over expected union, 0..1; nan where both are empty.
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


def trust(agreement: Figures, stability: Figures) -> Figures:
    """Combine both: the geometric mean, so that neither makes up for a lack of the other.

    Args:
        agreement: (..., L) in 0..1, nan as 0: a tag without a pixel is a mask that failed.
        stability: (..., L) in 0..1, likewise.

    Returns:
        (..., L) in 0..1.
    """
    result: Figures = np.sqrt(np.nan_to_num(agreement) * np.nan_to_num(stability))
    return result


def photo_mean(figures: Figures) -> float:
    """Average over a photo's labels (1 + k,), the background first.

    An empty class counts 0, since its tag says that it is there; an empty background is left out,
    since an object may fill its photo.
    """
    known = np.concatenate([figures[:1], np.nan_to_num(figures[1:])])
    return float(np.nan_to_num(mean_of_known(known)))


def _ratio(part: Figures, whole: Figures) -> Figures:
    result: Figures = np.where(whole > 0, part / np.maximum(whole, 1e-12), np.nan)
    return result
