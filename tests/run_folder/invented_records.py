"""Figures and metrics with invented numbers, for tests of what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tag2mask.run_folder.records import (
    DataSummary,
    Figure,
    MapDetails,
    MaskDetails,
    Metrics,
    SizeBins,
    TagFigures,
)

NETWORK = Figure(
    what="network", split="val", images=4, tags="predicted", oracle=False,
    pretraining="ImageNet-1k classes", strategy=("plain",), method="cam", scales=(1.0, 1.5),
    flip=True, seed=7, sharpening=("pixel_adaptive",), crf=False, outside_help=(), miou=0.5,
    iou={}, precision=0.5, recall=None, threshold=None,
)

MASKS = MaskDetails(
    boundary_iou=0.31, boundary_reach=0.02, trimap={"2": 0.4, "4": 0.41, "16": 0.42},
    size_bins=SizeBins(edges=(0.02, 0.3), miou=(None, 0.2, 0.61), counts=(0, 1, 2)),
)
MAPS = MapDetails(curve_area=None, max_box_acc_v2=0.7, pxap=None, pxap_pooled=None)


def figure(what: str, split: str, miou: float | None = 0.5, **more: Any) -> Figure:  # noqa: ANN401
    """Return a figure that differs from `NETWORK` in these fields."""
    return replace(NETWORK, what=what, split=split, miou=miou, **more)


def metrics(**more: Any) -> Metrics:  # noqa: ANN401 - any field
    """Return metrics that have these fields and nothing else."""
    return replace(Metrics.none(), **more)


def tags(mean: float, *names: str) -> TagFigures:
    """Return the quality of tags."""
    return TagFigures(average_precision=dict.fromkeys(names, mean), best_threshold={},
                      mean_average_precision=mean, split="val", images=9)


def data(*classes: str, synthetic: bool = False) -> DataSummary:
    """Return the summary of a data set."""
    return DataSummary(name="drawn", root="data", layout="tags_csv", classes=classes, counts={},
                       left_out=(), synthetic=synthetic)
