"""Successive halving: which recipes are kept, and the number of photos in each round."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tag2mask.comparison.cells import Cell, Outcome
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.halving import Budget, Rung, halve, photos_for, rounds_of
from tag2mask.run_folder.folder import RunFolder


class Bench:
    """Runs that take a second per photo and score the number of the recipe."""

    def __init__(self) -> None:
        """Start the clock at 0."""
        self.now = 0.0
        self.runs: list[tuple[int, int]] = []

    def run(self, recipes: Sequence[Recipe], photos: int) -> list[Outcome]:
        """Advance the clock."""
        self.now += photos * len(recipes)
        self.runs += [(recipe.number, photos) for recipe in recipes]
        return [Outcome(Cell(recipe, 0, RunFolder(Path())), problem="no" if recipe.problem else "")
                for recipe in recipes]

    def halve(
        self, recipes: int, *, photos: int, seconds: float, seeds: int = 1, broken: int = -1
    ) -> tuple[list[Recipe], int, list[Rung]]:
        """Halve a number of recipes."""
        made = [Recipe(n, {}, (), "no" if n == broken else "") for n in range(recipes)]
        return halve(
            made, photos=photos, classes=1, seeds=seeds, run=self.run,
            budget=Budget(seconds, 0.0, lambda: self.now),
            score=lambda o: None if o.problem else float(o.cell.recipe.number),
        )


@pytest.mark.parametrize(("recipes", "rounds"), [(1, 1), (3, 1), (4, 2), (9, 2), (10, 3), (99, 3)])
def test_few_recipes_need_few_rounds(recipes: int, rounds: int) -> None:
    """Three or fewer recipes are run in full at once."""
    assert rounds_of(recipes) == rounds


def test_the_best_third_is_kept_and_gets_three_times_the_photos() -> None:
    """With enough time: 12 on a ninth of the photos, 4 on a third, 2 on all."""
    bench = Bench()
    kept, photos, rungs = bench.halve(12, photos=90, seconds=1e6)
    assert [(rung.photos, rung.kept) for rung in rungs] == [(10, (11, 10, 9, 8)), (30, (11, 10))]
    assert [recipe.number for recipe in kept] == [11, 10]
    assert photos == 90
    assert len(bench.runs) == 12 + 4


def test_a_failed_recipe_is_dropped() -> None:
    """It has no score."""
    _, _, rungs = Bench().halve(12, photos=90, seconds=1e6, broken=11)
    assert rungs[0].scores[11] is None
    assert rungs[0].kept == (10, 9, 8, 7)


def test_with_little_time_the_last_round_gets_fewer_photos() -> None:
    """It is planned by the cost of a photo so far, so that every cell can be run."""
    bench = Bench()
    kept, photos, _ = bench.halve(12, photos=900, seconds=3000, seeds=2)
    assert bench.now + 2 * len(kept) * photos <= 3000 * 1.01
    assert photos < 900


def test_no_round_has_too_few_photos() -> None:
    """At least six per class, or all photos."""
    few = {"rounds_left": 3, "cells": 9, "classes": 5, "left": 1.0, "seconds_per_photo": 1.0}
    assert photos_for(photos=900, **few) == 30  # type: ignore[arg-type]
    assert photos_for(photos=20, **few) == 20  # type: ignore[arg-type]
