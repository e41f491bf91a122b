"""What earlier stages did, for tests of `evaluate`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tag2mask.run_folder.records import (
    ActivateAbout,
    ClassifyAbout,
    LabelAbout,
    SegmentAbout,
    SharpenAbout,
    TagFigures,
)
from tag2mask.stages.evaluate.earlier import Earlier


@pytest.fixture
def make_earlier() -> Callable[..., Earlier]:
    """Return a function from threshold and factor to what the earlier stages did."""

    def make(threshold: float, factor: float) -> Earlier:
        tags = TagFigures(average_precision={}, best_threshold={}, mean_average_precision=None,
                          split="val", images=0)
        return Earlier(
            classify=ClassifyAbout(tags=tags),
            activate=ActivateAbout(scales=(1.5,), flip=True, method="cam", strategy=("plain",),
                                   pretraining="ImageNet"),
            sharpen=SharpenAbout(sharpening=("dense_crf",), share=0.3, crf=True,
                                 threshold=threshold, outside_help=()),
            label=LabelAbout(factor=factor, oracle=False),
            segment=SegmentAbout(agreement=0.5, model="unet", backbone="resnet50",
                                 encoder_pretraining="COCO"),
            seed=3,
        )

    return make
