"""Train a classifier on the tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.stages.stage import Stage, all_kinds

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.stages.classify.run import ClassifyConfig


def _outputs(run: RunFolder, dataset: Dataset, settings: object) -> Iterator[Path]:
    yield run.classifier / "weights.safetensors"
    yield run.classifier / "tags.csv"


def _annotations(settings: ClassifyConfig) -> tuple[str, ...]:
    return all_kinds(settings) if settings.annotation_weight else ()


STAGE = Stage(
    name="classify",
    help="Train a classifier on the tags.",
    spends="training",
    run="tag2mask.stages.classify.run:classify",
    config="tag2mask.stages.classify.run:ClassifyConfig",
    owns=("classifier",),
    outputs=_outputs,
    annotations=_annotations,
    annotated_only=("annotation_weight",),
    added=("batch_norm", "at_once"),
)
