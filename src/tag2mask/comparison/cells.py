"""Cells: one run per recipe and seed, which reuses results of other runs."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask import pipeline
from tag2mask.comparison.grid import Recipe
from tag2mask.core.contracts import InputError, SourceError
from tag2mask.core.files import full_disk, write_text
from tag2mask.core.json_records import read_record
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Photo
from tag2mask.run_folder.context import record_file
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.lock import BusyError
from tag2mask.run_folder.records import Metrics, StageRecord, read_metrics

_CHEAPER = ("segment.onnx=false",)
"""Settings that save time in every cell and change no figure."""


@dataclass(frozen=True)
class Cell:
    """A recipe, a seed, and the folder of their run."""

    recipe: Recipe
    seed: int
    run: RunFolder

    @property
    def name(self) -> str:
        """The recipe and the seed in words."""
        return f"{self.recipe.name}, seed {self.seed}"

    def mask_file(self, photo: Photo) -> Path:
        """Return the network's mask of a photo if it exists, else the pseudo mask."""
        path = self.run.prediction_file(photo.name)
        return path if path.exists() else self.run.mask_file(photo.name)


@dataclass
class Outcome:
    """The result of a cell: its metrics, or the reason why there are none."""

    cell: Cell
    metrics: Metrics = field(default_factory=Metrics.none)
    problem: str = ""


@dataclass(frozen=True)
class CellRunner:
    """Runs cells.

    Attributes:
        data: the data set.
        out: the folder of the comparison.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        progress: reports progress.
        jobs: number of cells to run at once, each in a process of its own if there are several.
    """

    data: Path
    out: Path
    device: str = "auto"
    workers: int = 1
    progress: Progress = field(default_factory=Progress)
    jobs: int = 1

    def cell(self, recipe: Recipe, seed: int, photos: int | None) -> Cell:
        """Return a cell whose folder is named after its settings, so that a grid may grow."""
        key = [*recipe.overrides, str(photos), str(seed)]
        digest = hashlib.sha256("\n".join(key).encode()).hexdigest()[:8]
        words = re.sub(r"[^a-z0-9_.]+", "-", recipe.name.lower()).strip("-")[:60]
        return Cell(recipe, seed, RunFolder(self.out / "cells" / f"{words}-seed{seed}-{digest}"))

    def run(self, cell: Cell, photos: int | None, others: Sequence[Cell]) -> Outcome:
        """Run or resume a cell; a failure is returned as its outcome.

        Args:
            cell: the cell.
            photos: the most photos of each split; None for all.
            others: cells whose results are reused where the settings are the same.

        Raises:
            OSError, InputError: the disk is full, which would stop every other cell too, or another
                process is running this cell.
        """
        if cell.recipe.problem:
            return Outcome(cell, problem=cell.recipe.problem)
        log = cell.run.root / "error.txt"
        log.unlink(missing_ok=True)
        try:
            pipeline.run(
                self.data, cell.run.root, overrides=[*cell.recipe.overrides, *_CHEAPER],
                seed=cell.seed, device=self.device, workers=self.workers,
                progress=self.progress, photos=photos, until="evaluate",
                reuse=[other.run for other in others],
            )
        except BusyError:  # the other process writes its own error.txt
            raise
        except Exception as error:  # whatever the error, the other cells can still be compared
            if full_disk(error):
                raise
            write_text(log, traceback.format_exc())
            return Outcome(cell, problem=_sentence(error))
        return Outcome(cell, read_metrics(cell.run))


def read_outcome(cell: Cell) -> Outcome | None:
    """Read the outcome of a cell, from this process or another; None if it is not finished."""
    if cell.recipe.problem:
        return Outcome(cell, problem=cell.recipe.problem)
    record = read_record(record_file(cell.run, "evaluate"), StageRecord)
    if record and record.done:
        return Outcome(cell, read_metrics(cell.run))
    log = cell.run.root / "error.txt"
    if log.exists():
        return Outcome(cell, problem=log.read_text(encoding="utf-8").strip().splitlines()[-1])
    return None


def _sentence(error: Exception) -> str:
    message = " ".join(str(error).split()) or "no message"
    plain = isinstance(error, (InputError, SourceError))
    return message if plain else f"{type(error).__name__}: {message}"
