"""Convert counts to the typed figures of `metrics.json`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tag2mask.metrics.boundary import REACH
from tag2mask.metrics.confusion import iou_of, mean_of_known
from tag2mask.metrics.curve_scores import CurveScores
from tag2mask.metrics.map_localisation import MapLocalisation
from tag2mask.metrics.mask_scores import MaskScores
from tag2mask.metrics.reliability import Reliability
from tag2mask.metrics.thresholds import ThresholdCurve
from tag2mask.run_folder.records import (
    Calibration,
    CalibrationBins,
    Curve,
    LabelScores,
    MapDetails,
    MaskDetails,
    SizeBins,
)


def of_confusion(confusion: np.ndarray, names: Sequence[str]) -> LabelScores:
    """Return mIoU, the IoU of each label, and precision and recall of the foreground.

    Args:
        confusion: (K + 1, K + 1) counts, rows truth.
        names: (K + 1,) names of the labels, the background first.
    """
    iou = iou_of(confusion)
    right, found = np.trace(confusion[1:, 1:]), confusion[:, 1:].sum()
    truly = confusion[1:].sum()
    return LabelScores(
        miou=known(float(mean_of_known(iou))),
        iou={name: known(value) for name, value in zip(names, iou, strict=True)},
        precision=known(right / found if found else np.nan),
        recall=known(right / truly if truly else np.nan),
    )


def of_masks(scores: MaskScores) -> MaskDetails:
    """Return the scores near edges and the scores by size."""
    widths, bands = scores.trimap.widths, scores.trimap.miou()
    return MaskDetails(
        boundary_iou=known(scores.boundary.miou()), boundary_reach=REACH,
        trimap={str(width): known(value) for width, value in zip(widths, bands, strict=True)},
        size_bins=SizeBins(
            edges=tuple(scores.sizes.edges.tolist()), miou=_all_known(scores.sizes.miou()),
            counts=tuple(scores.sizes.photos.sum(axis=1).tolist()),
        ),
    )


def of_maps(scores: MapLocalisation, curve: ThresholdCurve) -> MapDetails:
    """Return the scores of localisation, and mIoU averaged over all thresholds."""
    return MapDetails(
        curve_area=known(curve.area()), max_box_acc_v2=known(scores.boxes.score()),
        pxap=known(scores.mean_precision()), pxap_pooled=known(scores.pooled_precision()),
    )


def of_calibration(counts: Reliability) -> Calibration | None:
    """Return the calibration of the network; None if no pixel was counted."""
    pixels = counts.pixels
    if not pixels.any():
        return None
    return Calibration(
        ece=known(counts.expected_error()), mce=known(counts.largest_error()),
        bins=CalibrationBins(
            confidence=_all_known(counts.confidence()), accuracy=_all_known(counts.accuracy()),
            pixels=tuple(pixels.tolist()),
        ),
    )


def of_curve(scores: CurveScores) -> Curve:
    """Return the mIoU at each threshold, the chosen threshold and the best threshold."""
    _, best, _ = scores.curve.best()
    return Curve(
        threshold=tuple(scores.curve.thresholds.round(4).tolist()),
        miou=_all_known(scores.curve.miou()), area=known(scores.curve.area()),
        chosen=scores.chosen, oracle=best,
    )


def known(value: float) -> float | None:
    """Round a figure to 5 decimals; return None for NaN, which JSON cannot represent."""
    return None if np.isnan(value) else round(float(value), 5)


def _all_known(values: np.ndarray) -> tuple[float | None, ...]:
    return tuple(known(value) for value in values)
