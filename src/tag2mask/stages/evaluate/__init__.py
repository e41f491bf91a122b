"""Score maps, pseudo masks and network against true masks, each figure with its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.stages.stage import Stage, all_kinds

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.stages.evaluate.run import EvaluateConfig


def _outputs(
    run: RunFolder, dataset: Dataset, settings: EvaluateConfig
) -> Iterator[str | Path]:
    names = [photo.name for split in settings.splits for photo in dataset.split(split)]
    yield from (run.metrics, run.photo_scores, run.trust)
    for folder in ("predictions", "final"):
        yield from run.photo_files(f"{folder}/*.png", names)


def _reads_masks(settings: object) -> bool:
    return True


STAGE = Stage(
    name="evaluate",
    help="Score maps, pseudo masks and network where true masks exist.",
    spends="scoring",
    run="tag2mask.stages.evaluate.run:evaluate",
    config="tag2mask.stages.evaluate.run:EvaluateConfig",
    owns=("predictions", "final"),
    outputs=_outputs,
    reads_masks=_reads_masks,
    annotations=all_kinds,
    annotated_only=("annotated",),
    added=("bound",),
    shared=False,  # its figures belong to the run that they were measured in
)
