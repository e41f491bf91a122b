"""One recipe with one seed, as a run of its own that shares with others what is the same."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tag2mask import pipeline
from tag2mask.comparison.grid import Recipe
from tag2mask.core.contracts import InputError
from tag2mask.core.files import full_disk, write_text
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Photo
from tag2mask.run_folder.artifacts import RunFolder
from tag2mask.run_folder.lock import BusyError
from tag2mask.run_folder.metrics_file import read_metrics

_CHEAPER = ("segment.onnx=false",)
"""A cell is measured, not used; nothing that is measured depends on these settings."""


@dataclass(frozen=True)
class Cell:
    """A recipe, a seed and where its run lies."""

    recipe: Recipe
    seed: int
    run: RunFolder

    def mask_file(self, photo: Photo) -> Path:
        """The network's mask of a photo where it was written, else the pseudo mask."""
        path = self.run.prediction_file(photo.name)
        return path if path.exists() else self.run.mask_file(photo.name)


@dataclass
class Outcome:
    """What came of a cell: its metrics, or why there are none."""

    cell: Cell
    metrics: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Workshop:
    """Where cells are run, and how.

    Attributes:
        data: the photos.
        out: the folder of the comparison.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        progress: tells how far it is.
    """

    data: Path
    out: Path
    device: str = "auto"
    workers: int = 1
    progress: Progress = field(default_factory=Progress)

    def cell(self, recipe: Recipe, seed: int, photos: int | None) -> Cell:
        """Name the folder of a recipe's run: by what it does, so that a grid may grow."""
        told = [*recipe.overrides, str(photos), str(seed)]
        digest = hashlib.sha256("\n".join(told).encode()).hexdigest()[:8]
        words = re.sub(r"[^a-z0-9_.]+", "-", recipe.name.lower()).strip("-")[:60]
        return Cell(recipe, seed, RunFolder(self.out / "cells" / f"{words}-seed{seed}-{digest}"))

    def run(self, cell: Cell, photos: int | None, others: Sequence[Cell]) -> Outcome:
        """Run a cell, or go on with it; a failure is told, and the next cell goes on.

        Raises:
            OSError, InputError: the disk is full, which no other cell would survive, or another
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
        except BusyError:  # that process leaves its own word in the folder
            raise
        except Exception as error:  # whatever it is, the other cells can still be compared
            if full_disk(error):
                raise
            write_text(log, traceback.format_exc())
            return Outcome(cell, problem=_sentence(error))
        return Outcome(cell, read_metrics(cell.run))


def read_outcome(cell: Cell) -> Outcome | None:
    """Read what a cell came to, of this process or another; None where it is not done."""
    if cell.recipe.problem:
        return Outcome(cell, problem=cell.recipe.problem)
    if cell.run.read_json(cell.run.root / "stages" / "evaluate.json").get("done"):
        return Outcome(cell, read_metrics(cell.run))
    log = cell.run.root / "error.txt"
    if log.exists():
        return Outcome(cell, problem=log.read_text(encoding="utf-8").strip().splitlines()[-1])
    return None


def _sentence(error: Exception) -> str:
    told = " ".join(str(error).split()) or "no word about why"
    return told if isinstance(error, InputError) else f"{type(error).__name__}: {told}"
