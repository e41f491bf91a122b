"""Every recipe of a grid on one data set: run, resumed, shared out, and told."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask.comparison.cells import Cell, Outcome, Workshop, read_outcome
from tag2mask.comparison.grid import Recipe, read_grid, to_toml
from tag2mask.comparison.halving import Budget, Rung, halve
from tag2mask.comparison.labelling import ask_for_masks, with_labels
from tag2mask.comparison.ledger import Row, headline_of, make_row
from tag2mask.comparison.results import write_results
from tag2mask.core.contracts import InputError
from tag2mask.core.files import write_text
from tag2mask.core.progress import Progress
from tag2mask.data import read_dataset
from tag2mask.data.dataset import Dataset
from tag2mask.pipeline.config import load_config
from tag2mask.run_folder.lock import locked


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared, and how far.

    Attributes:
        seeds: of each recipe, from 0 on.
        photos: at most so many of each split; None for all.
        budget: seconds; None for as long as it takes.
        shard: (i, n) runs the i-th of n parts, from 1 on; recipes that share a classifier stay
            together.
        mix: put rows of different protocols into one table.
        label: ask for masks of so many photos.
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
    """What there is to tell.

    Attributes:
        out: the folder.
        dataset: what was compared on.
        plan: how.
        grid: the file of the recipes.
        rows: of the recipes that came through.
        outcomes: of all cells that were run.
        rungs: rounds in which recipes were dropped.
        missing: cells that were not run, for want of time or because another process has them.
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


def compare(
    data: str | Path, out: str | Path, grid: str | Path | Mapping[str, object],
    plan: Plan | None = None, *, device: str = "auto", workers: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Run every recipe of a grid and write tables and a page; an unfinished comparison goes on.

    Recipes share what is the same: two that differ only in sharpening train one classifier. A
    recipe that fails says why, and the others go on.

    Args:
        data: class folders, a folder with tags.csv, or Pascal VOC.
        out: gets `compare.html`, tables, `best.toml` and one run folder per recipe and seed.
        grid: a TOML file or a dictionary, see `read_grid`; the latter is kept in `grid.toml`.
        plan: seeds, budget and so on.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        progress: tells how far it is; silent when left out.

    Raises:
        InputError: something about data, grid or folder needs mending.
    """
    plan = plan or Plan()
    given = grid if isinstance(grid, Mapping) else Path(grid)
    file = Path(out) / "grid.toml" if isinstance(given, Mapping) else given
    recipes = read_grid(given, plan.overrides)
    dataset = read_dataset(Path(data))
    _refuse_folder(Path(out), dataset)
    shop = Workshop(Path(data), Path(out), device, workers, progress or Progress())
    made = Comparison(Path(out), dataset, plan, file, recipes)
    part, parts = plan.shard
    with locked(made.out / "cells", name=f"part-{part}-of-{parts}.lock"):
        if isinstance(given, Mapping):
            write_text(file, to_toml(given))
        _run_and_write(shop, made)
    return made


def _run_and_write(shop: Workshop, made: Comparison) -> None:
    plan = made.plan
    budget = None if plan.budget is None else Budget(plan.budget, time.monotonic())
    _run_all(shop, made, _cells(shop, made, budget), budget)
    if plan.label:
        ask_for_masks(made.out / "label", made.outcomes, made.dataset, plan.label)
    _sum_up(made)
    write_results(made)


def _refuse_folder(out: Path, dataset: Dataset) -> None:
    if out.resolve().is_relative_to(dataset.root.resolve()):
        raise InputError(f"{out} lies in the data set; choose an --out outside.")
    foreign = out.is_dir() and any(out.iterdir()) and not (out / "cells").is_dir()
    if foreign or out.is_file():
        raise InputError(f"{out} holds something else than a comparison; choose another --out.")


def _cells(
    shop: Workshop, made: Comparison, budget: Budget | None
) -> list[tuple[Cell, int | None]]:
    """Name all cells in the order in which they are run: every recipe once, then a second seed."""
    plan, recipes, photos = made.plan, list(made.recipes), made.plan.photos
    if budget:
        recipes, photos = _within_budget(shop, made, budget)
    return [(shop.cell(recipe, seed, photos), photos)
            for seed in range(plan.seeds) for recipe in recipes]


def _within_budget(
    shop: Workshop, made: Comparison, budget: Budget
) -> tuple[list[Recipe], int | None]:
    dataset, plan = made.dataset, made.plan
    if not any(photo.mask for photo in dataset.photos):
        raise InputError("--budget drops recipes by their mIoU, and no photo has a mask; "
                         "leave it out, or add masks for some photos.")
    if plan.shard != (1, 1):
        raise InputError("--budget and --shard exclude each other: a round needs all its recipes.")
    tried: list[Cell] = []

    def run(recipe: Recipe, photos: int) -> Outcome:
        cell = shop.cell(recipe, 0, photos)
        shop.progress.say(f"round on {photos} photos: {recipe.name}")
        outcome = shop.run(cell, photos, tried)
        tried.append(cell)
        return outcome

    def score(outcome: Outcome) -> float | None:
        key = headline_of([outcome])
        figure = make_row(outcome.cell.recipe, [outcome], key).figures.get("network")
        return figure.mean if figure and not outcome.problem else None

    train = len(dataset.split("train"))
    most = min(plan.photos or train, train)
    able = [recipe for recipe in made.recipes if not recipe.problem]
    kept, photos, made.rungs = halve(
        able, photos=most, classes=len(dataset.classes), seeds=plan.seeds, budget=budget,
        run=run, score=score,
    )
    return kept, photos if photos < train else None


def _run_all(
    shop: Workshop, made: Comparison, cells: Sequence[tuple[Cell, int | None]],
    budget: Budget | None,
) -> None:
    own = [entry for entry, mine in zip(cells, _mine(cells, made.plan.shard), strict=True) if mine]
    everyone = [cell for cell, _ in cells]
    for place, (cell, photos) in enumerate(own, 1):
        if budget and not budget.left:
            break
        shop.progress.say(f"{place} of {len(own)}: {cell.recipe.name}, seed {cell.seed}")
        outcome = shop.run(cell, photos, [other for other in everyone if other is not cell])
        if outcome.problem:
            shop.progress.warn(f"{cell.recipe.name}: {outcome.problem}")
    for cell in everyone:
        known = read_outcome(cell)
        if known:
            made.outcomes.append(known)
        else:
            made.missing.append(cell)


def _mine(
    cells: Sequence[tuple[Cell, int | None]], shard: tuple[int, int]
) -> list[bool]:
    """Tell which cells belong to a part; those with the same classifier belong to the same."""
    part, parts = shard
    if not 1 <= part <= parts:
        raise InputError(f"--shard {part}/{parts} is no part; take 1/{parts} to {parts}/{parts}.")
    groups: dict[str, int] = {}
    told = []
    for cell, _ in cells:
        if cell.recipe.problem:
            told.append(part == 1)
            continue
        config = load_config(None, cell.recipe.overrides)
        key = repr((config.classify, cell.seed))
        group = groups.setdefault(key, len(groups))
        # Moved on by one each time round: or a slow strategy's seeds may all be the same part's.
        told.append((group + group // parts) % parts == part - 1)
    return told


def _sum_up(made: Comparison) -> None:
    """Make a row of each recipe that came through with a seed at least."""
    done = [outcome for outcome in made.outcomes if not outcome.problem]
    key = headline_of(done)
    for recipe in made.recipes:
        own = [outcome for outcome in done if outcome.cell.recipe.number == recipe.number]
        if own:
            row = make_row(recipe, own, key)
            made.rows.append(with_labels(row, own, made.out / "label", made.dataset))

