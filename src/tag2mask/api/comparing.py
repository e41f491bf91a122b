"""Comparison of recipes, as a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tag2mask.api.table import Table
from tag2mask.core.contracts import InputError

if TYPE_CHECKING:
    from tag2mask.comparison.plan import Comparison
    from tag2mask.core.progress import Progress

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, kw_only=True)
class RecipeRow:
    """One recipe of a comparison; figures are averaged over its seeds, in per cent."""

    recipe: str
    network: float | None
    """Mean IoU of the network."""
    deviation: float | None
    """Standard deviation of that mean IoU over the seeds; None for one seed."""
    seeds: int
    """Number of seeds whose runs succeeded."""
    boundary: float | None
    """Boundary IoU of the network."""
    pseudo_masks: float | None
    maps: float | None
    labelled: float | None
    """Mean IoU on the photos that were labelled for the comparison."""
    minutes: float | None
    settings: tuple[str, ...]
    """Settings of the recipe, as in "classify.strategy=seam"."""
    problem: str
    """Reason why there are no figures; "" if there are."""


@dataclass(frozen=True)
class ComparisonTable(Table[RecipeRow]):
    """The recipes of a comparison, best first; those that failed come last."""

    made: Comparison
    """The complete results."""

    @property
    def best(self) -> str:
        """Return the name of the best recipe; "" if nothing was measured with masks."""
        from tag2mask.comparison.sheets import winner

        best = winner(self.made.rows)
        return best.recipe.name if best else ""

    @property
    def page(self) -> Path:
        """Return the path of the HTML report."""
        return self.made.out / "compare.html"


def compare(
    data: str | Path, out: str | Path, grid: str | Path | Mapping[str, object], *,
    seeds: int = 1, budget: str | float | None = None, photos: int | None = None, label: int = 0,
    shard: str | tuple[int, int] = (1, 1), mix: bool = False, overrides: Sequence[str] = (),
    device: str = "auto", workers: int = 1, jobs: int = 1, progress: Progress | None = None,
) -> ComparisonTable:
    """Run every recipe of a grid, or continue an unfinished comparison; return one row per recipe.

    Args:
        data: the photos, as for `tag2mask.run`.
        out: output folder for `compare.html`, tables, `best.toml` and one run folder per recipe and
            seed.
        grid: a list of values per choice, such as {"strategy": ["plain", "seam"]}, or a TOML file
            with such lists.
        seeds: number of seeds with which each recipe is run.
        budget: total time, as "90m", "2h" or seconds; weak recipes are eliminated on few photos so
            that the best can be run in full within that time.
        photos: maximum number of photos of each split.
        label: number of photos for which to request masks, chosen to discriminate recipes.
        shard: part of the comparison to run, such as the second of four: "2/4" or (2, 4).
        mix: whether to merge all protocols in one table, with a column for the differences.
        overrides: settings for all recipes, in the syntax of `--set`.
        device: "auto", "cpu" or "cuda".
        workers: threads that read photos.
        jobs: number of recipes to run at once, each in a process of its own.
        progress: reporter of progress; silent by default.

    Raises:
        InputError: the data set, the grid or the folder is invalid.
    """
    from tag2mask.comparison.comparison import compare as run_all
    from tag2mask.comparison.plan import Plan

    if jobs < 1:
        raise InputError(f"jobs must be 1 or more, not {jobs}.")
    plan = Plan(
        seeds=seeds, photos=photos, label=label, mix=mix, overrides=tuple(overrides),
        budget=_seconds(budget) if isinstance(budget, str) else budget,
        shard=_part(shard) if isinstance(shard, str) else shard,
    )
    made = run_all(data, out, grid, plan, device=device, workers=workers, progress=progress,
                   jobs=jobs)
    return ComparisonTable(tuple(_rows(made)), made)


def _rows(made: Comparison) -> list[RecipeRow]:
    from tag2mask.comparison.sheets import make_sheets

    ordered = [row for sheet in make_sheets(made.rows, mix=True) for row in sheet.rows]
    rows = []
    for row in ordered:
        means = {name: figure.mean for name, figure in row.figures.items()}
        network = row.figures.get("network")
        rows.append(RecipeRow(
            recipe=row.recipe.name, network=means.get("network"),
            deviation=network.deviation if network else None,
            seeds=max((figure.count for figure in row.figures.values()), default=0),
            boundary=means.get("boundary"), pseudo_masks=means.get("pseudo_masks"),
            maps=means.get("maps"), labelled=means.get("labelled"), minutes=means.get("minutes"),
            settings=row.recipe.overrides, problem="",
        ))
    known = {row.recipe for row in rows}
    failed = {one.cell.recipe.name: one for one in made.outcomes if one.problem}
    return rows + [
        RecipeRow(recipe=name, network=None, deviation=None, seeds=0, boundary=None,
                  pseudo_masks=None, maps=None, labelled=None, minutes=None,
                  settings=one.cell.recipe.overrides, problem=one.problem)
        for name, one in failed.items() if name not in known
    ]


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd])", text.strip(), re.ASCII)
    if not match or not float(match[1]):
        raise InputError(f"--budget {text!r} is no time; write it as 90m or 2h.")
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > 366 * _UNITS["d"]:
        raise InputError(f"--budget wants at most 366d, not {text!r}.")
    return seconds


def _part(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip(), re.ASCII)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(f"--shard {text!r} is no part; write the second of four as 2/4.")
    return int(match[1]), int(match[2])
