"""The content of compare.json as dataclasses: all results, in machine-readable form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tag2mask import __version__
from tag2mask.comparison.halving import Rung
from tag2mask.comparison.ledger import Row, Spread
from tag2mask.comparison.plan import Comparison
from tag2mask.comparison.sheets import leading, winner
from tag2mask.core.json_fields import to_json


@dataclass(frozen=True, kw_only=True)
class PlanRecord:
    """The scope of the comparison, as in `Plan`."""

    seeds: int
    photos: int | None
    budget: float | None
    shard: tuple[int, int]
    mix: bool
    label: int
    overrides: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RecipeRecord:
    """A recipe with its results, as in `Recipe` and `Row`."""

    name: str
    choices: Mapping[str, str]
    settings: tuple[str, ...]
    protocol: Mapping[str, object]
    """Fields of `RowProtocol`; {} where there is none."""
    classes: Mapping[str, float | None]
    interval: tuple[float, float] | None
    figures: Mapping[str, Spread]


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """A cell that was run, and its folder below that of the comparison."""

    recipe: str
    seed: int
    problem: str
    run: str


@dataclass(frozen=True, kw_only=True)
class ComparisonRecord:
    """The content of compare.json."""

    version: str
    data: str
    grid: str
    plan: PlanRecord
    ordered_by: str
    """The measure that recipes are ordered by; "" where nothing was measured."""
    best: str | None
    recipes: tuple[RecipeRecord, ...]
    cells: tuple[CellRecord, ...]
    rounds: tuple[Rung, ...]
    not_run: tuple[str, ...]


def json_form(made: Comparison) -> ComparisonRecord:
    """Return the content of compare.json."""
    best, plan = winner(made.rows), made.plan
    return ComparisonRecord(
        version=__version__, data=str(made.dataset.root), grid=str(made.grid),
        plan=PlanRecord(seeds=plan.seeds, photos=plan.photos, budget=plan.budget, shard=plan.shard,
                        mix=plan.mix, label=plan.label, overrides=tuple(plan.overrides)),
        ordered_by=leading(made.rows), best=best.recipe.name if best else None,
        recipes=tuple(map(_recipe, made.rows)),
        cells=tuple(CellRecord(recipe=o.cell.recipe.name, seed=o.cell.seed, problem=o.problem,
                               run=str(o.cell.run.root.relative_to(made.out)))
                    for o in made.outcomes),
        rounds=tuple(made.rungs),
        not_run=tuple(cell.name for cell in made.missing),
    )


def _recipe(row: Row) -> RecipeRecord:
    return RecipeRecord(
        name=row.recipe.name, choices=row.recipe.choices, settings=row.recipe.overrides,
        protocol=to_json(row.protocol) if row.protocol else {}, classes=row.classes,
        interval=row.interval, figures=row.figures,
    )
