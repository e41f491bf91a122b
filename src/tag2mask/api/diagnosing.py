"""Inspection and diagnosis of a data set, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.api.table import Table
from tag2mask.core.progress import Progress
from tag2mask.data import check_photos, inspect_dataset, read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.data.inspection import Inspection

if TYPE_CHECKING:
    from tag2mask.api.run import Run
    from tag2mask.diagnosis.result import Diagnosis


@dataclass(frozen=True)
class Inspected:
    """A checked data set and the summary of its content."""

    dataset: Dataset
    inspection: Inspection


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """One problem of a data set."""

    looked_for: str
    """Kind of the problem: "tied_tags", "wrong_tags" and so on, as in diagnosis.json."""
    what: str
    """Description of the problem, in one sentence."""
    advice: str
    """Recommended action."""
    photos: tuple[str, ...]
    """Names of the photos concerned."""


@dataclass(frozen=True)
class DiagnosisTable(Table[FindingRow]):
    """The problems of a data set, grouped by kind."""

    made: Diagnosis
    """The findings with their figures and pictures."""
    page: Path | None
    """The HTML page with pictures, if one was written."""


def inspect(
    data: str | Path, *, workers: int = 1, progress: Progress | None = None
) -> Inspected:
    """Read and check a data set without training anything.

    Args:
        data: the photos, as for `tag2mask.run`.
        workers: threads that read photos.
        progress: reporter of progress; silent by default.

    Raises:
        InputError: no data set is recognised, or it contains errors.
    """
    progress = progress or Progress()
    dataset = read_dataset(data, progress)
    with progress.stage("inspect", total=len(dataset.photos)) as bar:
        dataset = check_photos(dataset, workers=workers, advance=bar.advance)
    return Inspected(dataset, inspect_dataset(dataset))


def diagnose(
    data: str | Path | Dataset, *, run: str | Path | Run | None = None,
    out: str | Path | None = None, device: str = "auto", workers: int = 1, seed: int = 0,
    progress: Progress | None = None,
) -> DiagnosisTable:
    """Find tags that always co-occur, confused maps, wrong tags and near-duplicates.

    Args:
        data: the photos, as for `tag2mask.run`; or a data set checked by `inspect`.
        run: a run of this data set, whose maps are then analysed as well.
        out: a folder for `diagnosis.html`, with pictures, and `diagnosis.json`.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: seed of the assignment of photos to folds.
        progress: reporter of progress; silent by default.

    Raises:
        InputError: there is no photo, or the run belongs to another data set.
    """
    from tag2mask.diagnosis.diagnosis import diagnose as run_all
    from tag2mask.diagnosis.results import write_diagnosis

    dataset = data if isinstance(data, Dataset) else inspect(
        data, workers=workers, progress=progress).dataset
    made = run_all(
        dataset, run=None if run is None else Path(run), device=device, workers=workers,
        seed=seed, progress=progress)
    page = None if out is None else write_diagnosis(made, Path(out))
    rows = (
        FindingRow(looked_for=section.name, what=one.what, advice=one.advice, photos=tuple(
            dict.fromkeys(dataset.photos[shot.photo].name for shot in one.shots)))
        for section in made.sections for one in section.findings
    )
    return DiagnosisTable(tuple(rows), made, page)
