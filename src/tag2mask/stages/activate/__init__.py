"""Read one activation map per tag from the classifier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tag2mask.stages.stage import Stage

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder


def _outputs(run: RunFolder, dataset: Dataset, settings: object) -> Iterator[str]:
    return run.photo_files("maps/*.npz", (p.name for p in dataset.photos if p.tags))


STAGE = Stage(
    name="activate",
    help="Read one activation map per tag from the classifier.",
    spends="reading maps",
    run="tag2mask.stages.activate.run:activate_photos",
    config="tag2mask.stages.activate.run:ActivateConfig",
    owns=("maps",),
    outputs=_outputs,
    disposable=("maps/*.npz",),
    inert=("runtime",),
)
