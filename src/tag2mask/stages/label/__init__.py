"""Turn the sharpened scores into pseudo masks; uncertain pixels stay undecided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tag2mask.stages.stage import Stage, all_kinds

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.stages.label.run import LabelConfig


def _outputs(run: RunFolder, dataset: Dataset, settings: object) -> Iterator[str]:
    return run.photo_files("masks/*.png", (photo.name for photo in dataset.photos))


def _reads_masks(settings: LabelConfig) -> bool:
    return settings.threshold == "oracle"


def _idle(settings: LabelConfig) -> tuple[str, ...]:
    return () if settings.specks else ("specks",)


STAGE = Stage(
    name="label",
    help="Turn the maps into pseudo masks; uncertain pixels stay undecided.",
    spends="deciding masks",
    run="tag2mask.stages.label.run:label",
    config="tag2mask.stages.label.run:LabelConfig",
    owns=("masks",),
    outputs=_outputs,
    reads_masks=_reads_masks,
    annotations=all_kinds,
    idle=_idle,
)
