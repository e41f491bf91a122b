"""A comparison as data: its plan and its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask.comparison.cells import Cell, Outcome
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.halving import Rung
from tag2mask.comparison.ledger import Row
from tag2mask.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The scope of a comparison.

    Attributes:
        seeds: seeds of each recipe, counted from 0.
        photos: the most photos of each split; None for all.
        budget: seconds; None for no limit.
        shard: (i, n) runs the i-th of n parts, from 1; recipes that share a classifier are in the
            same part.
        mix: put rows of different protocols into one table.
        label: number of photos to request masks of.
        overrides: settings for all recipes.
    """

    seeds: int = 1
    photos: int | None = None
    budget: float | None = None
    shard: tuple[int, int] = (1, 1)
    mix: bool = False
    label: int = 0
    overrides: Sequence[str] = ()


@dataclass
class Comparison:
    """A comparison and its results; the lists are filled while it runs.

    Attributes:
        out: the folder.
        dataset: the data set.
        plan: the scope.
        grid: the file with the recipes.
        recipes: all recipes of the grid.
        rows: one row for each recipe that has a result.
        outcomes: the outcomes of all cells that were run.
        rungs: the rounds in which recipes were dropped.
        missing: cells that were not run, because time ran out or another process runs them.
    """

    out: Path
    dataset: Dataset
    plan: Plan
    grid: Path
    recipes: Sequence[Recipe]
    rows: list[Row] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    missing: list[Cell] = field(default_factory=list)

    @property
    def page(self) -> Path:
        """The path of compare.html."""
        return self.out / "compare.html"

    @property
    def labels(self) -> Path:
        """The folder of the photos that masks are requested of."""
        return self.out / "label"
