"""Run all recipes of a grid on one data set, and write the results."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tag2mask.comparison.cells import Cell, CellRunner, read_outcome
from tag2mask.comparison.grid import read_grid, to_toml
from tag2mask.comparison.halving import Budget
from tag2mask.comparison.labelling import request_masks, with_labels
from tag2mask.comparison.ledger import headline_of, make_row
from tag2mask.comparison.plan import Comparison, Plan
from tag2mask.comparison.results import write_results
from tag2mask.comparison.running import run_cells
from tag2mask.comparison.selection import select_recipes
from tag2mask.comparison.shards import in_shard
from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.core.progress import Progress
from tag2mask.data import read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.lock import locked


def compare(
    data: str | Path, out: str | Path, grid: str | Path | Mapping[str, object],
    plan: Plan | None = None, *, device: str = "auto", workers: int = 1,
    progress: Progress | None = None, jobs: int = 1,
) -> Comparison:
    """Run or resume every recipe of a grid, and write tables and a page.

    Results with the same settings are computed once: two recipes that differ only in sharpening
    share one classifier. A recipe that fails is reported, and the others are still run.

    Args:
        data: a data set in any layout, such as class folders, a folder with tags.csv, or Pascal
            VOC.
        out: the folder for `compare.html`, tables, `best.toml`, and one run folder per recipe and
            seed.
        grid: a TOML file or a dictionary, see `read_grid`; a dictionary is written to `grid.toml`.
        plan: the scope: seeds, budget and so on.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        progress: reports progress; silent if omitted.
        jobs: number of cells to run at once.

    Raises:
        InputError: the data set, the grid or the folder has to be fixed.
    """
    plan = plan or Plan()
    given = grid if isinstance(grid, Mapping) else Path(grid)
    file = Path(out) / "grid.toml" if isinstance(given, Mapping) else given
    recipes = read_grid(given, plan.overrides)
    dataset = read_dataset(data, progress)
    _refuse_folder(Path(out), dataset)
    runner = CellRunner(Path(data), Path(out), device, workers, progress or Progress(), jobs)
    made = Comparison(Path(out), dataset, plan, file, recipes)
    part, parts = plan.shard
    with locked(made.out / "cells", name=f"part-{part}-of-{parts}.lock"):
        if isinstance(given, Mapping):
            write_text(file, to_toml(given))
        _run_and_write(runner, made)
    return made


def _refuse_folder(out: Path, dataset: Dataset) -> None:
    if out.resolve().is_relative_to(dataset.root.resolve()):
        raise InputError(f"{out} is inside the data set; choose another --out.")
    foreign = out.is_dir() and any(out.iterdir()) and not (out / "cells").is_dir()
    if foreign or out.is_file():
        raise InputError(f"{out} contains something other than a comparison; choose another --out.")


def _run_and_write(runner: CellRunner, made: Comparison) -> None:
    plan = made.plan
    budget = None if plan.budget is None else Budget(plan.budget, time.monotonic())
    recipes, photos = list(made.recipes), plan.photos
    if budget:
        recipes, photos = select_recipes(runner, made, budget)
    cells = [runner.cell(recipe, seed, photos)
             for seed in range(plan.seeds) for recipe in recipes]  # every recipe once comes first
    _run_cells(runner, made, cells, photos, budget)
    if plan.label:
        request_masks(made.labels, made.outcomes, made.dataset, plan.label)
    _make_rows(made)
    write_results(made)


def _run_cells(
    runner: CellRunner, made: Comparison, cells: Sequence[Cell], photos: int | None,
    budget: Budget | None,
) -> None:
    """Run the cells of this process's shard, then collect the outcomes of all cells."""
    own = [cell for cell, mine in zip(cells, in_shard(cells, made.plan.shard), strict=True) if mine]
    run_cells(runner, made.dataset, own, photos, cells,
              may_start=lambda: budget is None or budget.left > 0)
    for cell in cells:
        if known := read_outcome(cell):
            made.outcomes.append(known)
        else:
            made.missing.append(cell)


def _make_rows(made: Comparison) -> None:
    """Make a row for each recipe of which at least one seed has a result."""
    done = [outcome for outcome in made.outcomes if not outcome.problem]
    headline = headline_of(done)
    for recipe in made.recipes:
        own = [outcome for outcome in done if outcome.cell.recipe.number == recipe.number]
        if own:
            row = make_row(recipe, own, headline)
            made.rows.append(with_labels(row, own, made.labels, made.dataset))
