"""Read one activation map per tag from the classifier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tag2mask.stages.stage import Stage, all_kinds

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder
    from tag2mask.stages.activate.run import ActivateConfig


def _outputs(run: RunFolder, dataset: Dataset, settings: object) -> Iterator[str]:
    return run.photo_files("maps/*.npz", (p.name for p in dataset.photos if p.tags))


def _annotations(settings: ActivateConfig) -> tuple[str, ...]:
    return all_kinds(settings) if settings.discriminant else ()


def _idle(settings: ActivateConfig) -> tuple[str, ...]:
    return () if settings.discriminant else ("discriminant",)


STAGE = Stage(
    name="activate",
    help="Read one activation map per tag from the classifier.",
    spends="reading maps",
    run="tag2mask.stages.activate.run:activate_photos",
    config="tag2mask.stages.activate.run:ActivateConfig",
    owns=("maps", "read"),
    outputs=_outputs,
    disposable=("maps/*.npz", "read/*.npz"),
    annotations=_annotations,
    inert=("runtime",),
    idle=_idle,
)
