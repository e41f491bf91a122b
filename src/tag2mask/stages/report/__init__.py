"""Write the report: one page for judging a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.stages.stage import Stage

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.folder import RunFolder


def _outputs(run: RunFolder, dataset: Dataset, settings: object) -> Iterator[Path]:
    return iter((run.report,))


STAGE = Stage(
    name="report",
    help="Write the report: figures, curves and example photos on one page.",
    spends="writing the report",
    run="tag2mask.stages.report.run:report",
    outputs=_outputs,
    shared=False,
)
