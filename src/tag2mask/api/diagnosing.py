"""What is in a data set, and what is wrong with it, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.api.run import Run
from tag2mask.api.table import Table
from tag2mask.core.progress import Progress
from tag2mask.data import check_photos, inspect_dataset, read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.data.inspection import Inspection

if TYPE_CHECKING:
    from tag2mask.diagnosis.result import Diagnosis


@dataclass(frozen=True)
class Inspected:
    """A data set, checked, and what is in it."""

    dataset: Dataset
    inspection: Inspection


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """One thing that is wrong with a data set."""

    looked_for: str
    """"tied_tags", "wrong_tags" and so on, as in diagnosis.json."""
    what: str
    """A sentence."""
    advice: str
    """What to do about it."""
    photos: tuple[str, ...]
    """Names of photos that show it."""


@dataclass(frozen=True)
class DiagnosisTable(Table[FindingRow]):
    """What was found in a data set, by what was looked for."""

    made: Diagnosis
    """The findings with their figures and pictures."""
    page: Path | None
    """The page with pictures, if one was written."""


def inspect(
    data: str | Path, *, workers: int = 1, progress: Progress | None = None
) -> Inspected:
    """Read and check a data set without training anything.

    Args:
        data: the photos, as for `tag2mask.run`.
        workers: threads that read photos.
        progress: reports how far it is; silent when left out.

    Raises:
        InputError: no data set is recognised there, or something in it has to be fixed first.
    """
    dataset = read_dataset(Path(data))
    with (progress or Progress()).stage("inspect", total=len(dataset.photos)) as bar:
        dataset = check_photos(dataset, workers=workers, advance=bar.advance)
    return Inspected(dataset, inspect_dataset(dataset))


def diagnose(
    data: str | Path | Dataset, *, run: str | Path | Run | None = None,
    out: str | Path | None = None, device: str = "auto", workers: int = 1, seed: int = 0,
    progress: Progress | None = None,
) -> DiagnosisTable:
    """Look for tags that never occur apart, confused maps, wrong tags and near-duplicates.

    Args:
        data: the photos, as for `tag2mask.run`; or a data set that `inspect` has checked.
        run: a run of this data set, whose maps are then looked at, too.
        out: a folder for `diagnosis.html`, with pictures, and `diagnosis.json`.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        seed: of how photos are dealt into folds.
        progress: reports how far it is; silent when left out.

    Raises:
        InputError: there is no photo, or the run is not one of this data set.
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
