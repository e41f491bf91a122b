"""Train a segmentation network on the pseudo masks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.stages.stage import Stage, all_kinds

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.stages.segment.run import SegmentConfig


def _outputs(run: RunFolder, dataset: Dataset, settings: SegmentConfig) -> Iterator[Path]:
    yield run.segmenter / "weights.safetensors"
    if settings.onnx:
        yield run.segmenter / "model.onnx"


STAGE = Stage(
    name="segment",
    help="Train a segmentation network on the pseudo masks.",
    spends="training",
    run="tag2mask.stages.segment.run:segment",
    config="tag2mask.stages.segment.run:SegmentConfig",
    owns=("segmenter",),
    outputs=_outputs,
    annotations=all_kinds,
    inert=("onnx",),
    added=("at_once",),
)
