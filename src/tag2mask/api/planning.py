"""A plan for a data set: settings chosen by measures, each with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.api.diagnosing import inspect
from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.recognising import refuse_no_run

if TYPE_CHECKING:
    from tag2mask.core.progress import Progress
    from tag2mask.planning.plan import Plan


def plan(
    data: str | Path, *, out: str | Path | None = None, run: str | Path | None = None,
    device: str = "auto", workers: int = 1, progress: Progress | None = None,
) -> Plan:
    """Measure a data set and choose settings for it; nothing is trained.

    Args:
        data: the photos, as for `tag2mask.run`.
        out: a TOML file to write, for `tag2mask.run(..., config=...)`.
        run: a run of this data set, whose choices from its maps are taken over.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        progress: reporter of progress; silent by default.

    Raises:
        InputError: the data set is invalid, the run is of another data set, or `out` cannot be
            written.
    """
    from tag2mask.planning.plan import make_plan

    folder = None if run is None else RunFolder(Path(run))
    if folder is not None:
        refuse_no_run(folder.root)
    dataset = inspect(data, workers=workers, progress=progress).dataset
    if folder is not None:
        _refuse_other(folder, dataset.classes)
    made = make_plan(dataset, run=folder, device=device, workers=workers, progress=progress)
    if out is not None:
        write_text(Path(out), made.to_toml())
    return made


def _refuse_other(folder: RunFolder, classes: tuple[str, ...]) -> None:
    from tag2mask.run_folder.data_file import read_run_dataset

    if read_run_dataset(folder).classes != classes:
        raise InputError(f"{folder.root} is a run of another data set; give --run one of this.")
