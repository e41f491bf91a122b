"""Fewer recipes on more photos: what a budget of time is spent on.

Successive halving (Jamieson and Talwalkar, AISTATS 2016) with a third kept instead of a half, the
photos being the resource: all recipes on a ninth of the photos, the best third of them on a third,
the best third of those on all. Differs from the paper: a rung gets as many photos as the time that
is left allows, by what a photo has cost so far.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tag2mask.comparison.cells import Outcome
from tag2mask.comparison.grid import Recipe

KEPT = 3
"""One in so many recipes goes on."""

FEWEST_PER_CLASS = 6
"""Photos per class below which nothing can be learned, and nothing be said of a recipe."""


@dataclass(frozen=True)
class Rung:
    """One round: who took part on how many photos, and who goes on.

    Attributes:
        photos: of each split.
        scores: mIoU of 100 by the number of the recipe; None where it failed.
        kept: numbers of the recipes that go on.
    """

    photos: int
    scores: dict[int, float | None]
    kept: tuple[int, ...]


@dataclass(frozen=True)
class Budget:
    """Time to spend, from `start` on.

    Attributes:
        seconds: in all.
        start: by `clock`.
        clock: seconds from anywhere.
    """

    seconds: float
    start: float
    clock: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds that are left, 0 or more."""
        return max(0.0, self.seconds - (self.clock() - self.start))


def rounds_of(recipes: int) -> int:
    """Say in how many rounds so many recipes are told apart, 1 to 3: three or fewer need one."""
    return 1 + min(2, max(0, math.ceil(math.log(max(recipes, 1) / KEPT, KEPT))))


def photos_for(
    *, rounds_left: int, cells: int, photos: int, classes: int, left: float,
    seconds_per_photo: float | None,
) -> int:
    """Say how many photos each cell of a round gets.

    Args:
        rounds_left: this one included.
        cells: that are run in it.
        photos: for training there are.
        classes: K.
        left: seconds of the budget.
        seconds_per_photo: that a photo of a cell has cost so far; None before any.
    """
    wanted: int = math.ceil(photos / float(KEPT) ** (rounds_left - 1))
    if seconds_per_photo:
        wanted = min(wanted, int(left / rounds_left / cells / seconds_per_photo))
    return max(1, min(photos, max(wanted, FEWEST_PER_CLASS * classes)))


def halve(
    recipes: Sequence[Recipe], *, photos: int, classes: int, budget: Budget,
    run: Callable[[Recipe, int], Outcome], score: Callable[[Outcome], float | None], seeds: int,
) -> tuple[list[Recipe], int, list[Rung]]:
    """Drop recipes until those that are left can be run in full.

    Args:
        recipes: all.
        photos: for training there are.
        classes: K.
        budget: of time.
        run: runs a recipe on so many photos, with the first seed.
        score: mIoU of 100 of what came of it; None if nothing did.
        seeds: of the last round.

    Returns:
        the recipes of the last round, how many photos each gets, and the rounds before.
    """
    rungs: list[Rung] = []
    alive, pace = list(recipes), None
    for rounds_left in range(rounds_of(len(recipes)), 1, -1):
        number = photos_for(rounds_left=rounds_left, cells=len(alive), photos=photos,
                            classes=classes, left=budget.left, seconds_per_photo=pace)
        if number >= photos:
            break
        before, scores = budget.left, {r.number: score(run(r, number)) for r in alive}
        pace = max(1e-3, (before - budget.left) / (len(alive) * number))
        known = sorted((r for r in alive if scores[r.number] is not None),
                       key=lambda recipe: -(scores[recipe.number] or 0))
        alive = known[: max(1, math.ceil(len(alive) / KEPT))]
        rungs.append(Rung(number, scores, tuple(recipe.number for recipe in alive)))
    number = photos_for(rounds_left=1, cells=max(1, len(alive)) * seeds, photos=photos,
                        classes=classes, left=budget.left, seconds_per_photo=pace)
    return alive, number, rungs
