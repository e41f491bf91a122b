"""Select recipes within a time budget, by successive halving on few photos."""

from __future__ import annotations

from collections.abc import Sequence

from tag2mask.comparison.cells import Cell, CellRunner, Outcome, read_outcome
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.halving import Budget, halve
from tag2mask.comparison.ledger import headline_of, make_row
from tag2mask.comparison.plan import Comparison
from tag2mask.comparison.running import run_cells
from tag2mask.core.contracts import InputError


def select_recipes(
    runner: CellRunner, made: Comparison, budget: Budget
) -> tuple[list[Recipe], int | None]:
    """Drop recipes until the rest can be run within a budget.

    Args:
        runner: runs the cells of each round.
        made: the comparison; its rounds are added to `rungs`.
        budget: the time budget.

    Returns:
        the recipes that are left, and the most photos of each split; None for all.

    Raises:
        InputError: no photo has a mask, or the comparison is split into shards.
    """
    dataset, plan = made.dataset, made.plan
    if not any(photo.mask for photo in dataset.photos):
        raise InputError("--budget drops recipes by their mIoU, but no photo has a mask; "
                         "omit it, or add masks for some photos.")
    if plan.shard != (1, 1):
        raise InputError("--budget and --shard exclude each other, since a round needs all "
                         "recipes; omit one of them.")
    tried: list[Cell] = []

    def run(recipes: Sequence[Recipe], photos: int) -> list[Outcome]:
        cells = [runner.cell(recipe, 0, photos) for recipe in recipes]
        runner.progress.say(f"round on {photos} photos: {len(cells)} recipes")
        tried.extend(cells)
        run_cells(runner, dataset, cells, photos, tried)
        return [read_outcome(cell) or Outcome(cell, problem="not run") for cell in cells]

    train = len(dataset.split("train"))
    kept, photos, made.rungs = halve(
        [recipe for recipe in made.recipes if not recipe.problem],
        photos=min(plan.photos or train, train), classes=len(dataset.classes), seeds=plan.seeds,
        budget=budget, run=run, score=_score,
    )
    return kept, photos if photos < train else None


def _score(outcome: Outcome) -> float | None:
    headline = headline_of([outcome])
    figure = make_row(outcome.cell.recipe, [outcome], headline).figures.get("network")
    return figure.mean if figure and not outcome.problem else None
