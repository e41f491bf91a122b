"""A diagnosis as data: the data set, and all findings."""

from __future__ import annotations

from dataclasses import dataclass

from tag2mask.data.dataset import Dataset
from tag2mask.diagnosis.findings import Section
from tag2mask.run_folder.folder import RunFolder

PAGE, FIGURES = "diagnosis.html", "diagnosis.json"
"""The files that are written."""


@dataclass(frozen=True)
class Diagnosis:
    """The results of a diagnosis.

    Attributes:
        dataset: the data set.
        sections: one for each kind of problem.
        run: the run whose maps were read, if any.
    """

    dataset: Dataset
    sections: tuple[Section, ...]
    run: RunFolder | None = None
