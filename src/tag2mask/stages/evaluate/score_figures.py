"""Counts as they stand in `metrics.json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tag2mask.metrics.boundary import REACH
from tag2mask.metrics.confusion import iou_of, mean_of_known
from tag2mask.metrics.map_localisation import MapLocalisation
from tag2mask.metrics.mask_scores import MaskScores
from tag2mask.metrics.reliability import Reliability
from tag2mask.metrics.thresholds import ThresholdCurve


def of_confusion(confusion: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Give mIoU, the IoU of each label, and precision and recall of the foreground.

    Args:
        confusion: (K + 1, K + 1) counts, rows truth.
        names: (K + 1,) of the labels, the background first.
    """
    iou = iou_of(confusion)
    right, found = np.trace(confusion[1:, 1:]), confusion[:, 1:].sum()
    truly = confusion[1:].sum()
    return {
        "miou": known(float(mean_of_known(iou))),
        "iou": {n: known(v) for n, v in zip(names, iou, strict=True)},
        "precision": known(right / found if found else np.nan),
        "recall": known(right / truly if truly else np.nan),
    }


def of_masks(scores: MaskScores) -> dict[str, Any]:
    """Give what tells edges from insides, and small things from large ones.

    Returns:
        `boundary_iou`, the mean over a class's photos, then over the classes; `boundary_reach`,
        its band as a share of the diagonal; `trimap`, mIoU by the band's width in pixels;
        `size_bins`, mIoU by the share of the photo that a class takes, and how often a class was
        of that size on a photo.
    """
    widths, bands = scores.trimap.widths, scores.trimap.miou()
    return {
        "boundary_iou": known(scores.boundary.miou()), "boundary_reach": REACH,
        "trimap": {str(width): known(v) for width, v in zip(widths, bands, strict=True)},
        "size_bins": {
            "edges": scores.sizes.edges.tolist(), "miou": [known(v) for v in scores.sizes.miou()],
            "counts": scores.sizes.photos.sum(axis=1).tolist(),
        },
    }


def of_maps(scores: MapLocalisation, curve: ThresholdCurve) -> dict[str, Any]:
    """Give the localisation field's scores, and the mean mIoU over all thresholds."""
    return {
        "curve_area": known(curve.area()), "max_box_acc_v2": known(scores.boxes.score()),
        "pxap": known(scores.mean_precision()), "pxap_pooled": known(scores.pooled_precision()),
    }


def of_calibration(counts: Reliability) -> dict[str, Any]:
    """Give `calibration`, or nothing where no pixel was counted."""
    pixels = counts.pixels
    if not pixels.any():
        return {}
    confidence, accuracy = counts.confidence(), counts.accuracy()
    return {"calibration": {
        "ece": known(counts.expected_error()), "mce": known(counts.largest_error()),
        "bins": {
            "confidence": [known(v) for v in confidence], "accuracy": [known(v) for v in accuracy],
            "pixels": pixels.tolist(),
        },
    }}


def known(value: float) -> float | None:
    """Round a figure; None where it is no number, which JSON does not have."""
    return None if np.isnan(value) else round(float(value), 5)
