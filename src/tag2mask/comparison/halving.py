"""Successive halving: drop recipes on few photos, so that a time budget goes to the best ones.

Successive halving (Jamieson and Talwalkar, AISTATS 2016), with the number of photos as the
resource. A third of the recipes is kept per round: all recipes run on a ninth of the photos, the
best third of them on a third, and the best third of those on all.

Differs from the paper: the number of photos in a round is limited by the time left, given what a
photo has cost so far.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tag2mask.comparison.cells import Outcome
from tag2mask.comparison.grid import Recipe

KEPT = 3
"""One in this many recipes is kept."""

FEWEST_PER_CLASS = 6
"""Fewest photos per class in a round; with fewer, the scores mean nothing."""


@dataclass(frozen=True)
class Rung:
    """One round of halving.

    Attributes:
        photos: the most photos of each split.
        scores: mIoU in per cent, by the number of the recipe; None where it failed.
        kept: the numbers of the recipes that were kept.
    """

    photos: int
    scores: dict[int, float | None]
    kept: tuple[int, ...]


@dataclass(frozen=True)
class Budget:
    """A time budget.

    Attributes:
        seconds: the total.
        start: the value of `clock` at the start.
        clock: returns seconds from any origin.
    """

    seconds: float
    start: float
    clock: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """The seconds left, 0 or more."""
        return max(0.0, self.seconds - (self.clock() - self.start))


def rounds_of(recipes: int) -> int:
    """Return the number of rounds for some recipes, 1 to 3; three or fewer need one round."""
    return 1 + min(2, max(0, math.ceil(math.log(max(recipes, 1) / KEPT, KEPT))))


def photos_for(
    *, rounds_left: int, cells: int, photos: int, classes: int, left: float,
    seconds_per_photo: float | None,
) -> int:
    """Return the number of photos for each cell of a round.

    Args:
        rounds_left: rounds to go, this one included.
        cells: number of cells in the round.
        photos: number of training photos.
        classes: K.
        left: seconds left in the budget.
        seconds_per_photo: mean cost of a photo in a cell so far; None before the first round.
    """
    wanted: int = math.ceil(photos / float(KEPT) ** (rounds_left - 1))
    if seconds_per_photo:
        wanted = min(wanted, int(left / rounds_left / cells / seconds_per_photo))
    return max(1, min(photos, max(wanted, FEWEST_PER_CLASS * classes)))


def halve(
    recipes: Sequence[Recipe], *, photos: int, classes: int, budget: Budget,
    run: Callable[[Sequence[Recipe], int], Sequence[Outcome]],
    score: Callable[[Outcome], float | None], seeds: int,
) -> tuple[list[Recipe], int, list[Rung]]:
    """Drop recipes until the rest can be run in full.

    Args:
        recipes: all recipes.
        photos: number of training photos.
        classes: K.
        budget: the time budget.
        run: runs recipes on at most so many photos of each split, with the first seed, and returns
            their outcomes in the same order.
        score: returns the mIoU of an outcome in per cent; None where there is none.
        seeds: number of seeds of the last round.

    Returns:
        the recipes of the last round, the number of photos for each, and the rounds before it.
    """
    rungs: list[Rung] = []
    alive, pace = list(recipes), None
    for rounds_left in range(rounds_of(len(recipes)), 1, -1):
        number = photos_for(rounds_left=rounds_left, cells=len(alive), photos=photos,
                            classes=classes, left=budget.left, seconds_per_photo=pace)
        if number >= photos:
            break
        before, outcomes = budget.left, run(alive, number)
        scores = {recipe.number: score(outcome)
                  for recipe, outcome in zip(alive, outcomes, strict=True)}
        pace = max(1e-3, (before - budget.left) / (len(alive) * number))
        alive = _best(alive, scores)
        rungs.append(Rung(number, scores, tuple(recipe.number for recipe in alive)))
    number = photos_for(rounds_left=1, cells=max(1, len(alive)) * seeds, photos=photos,
                        classes=classes, left=budget.left, seconds_per_photo=pace)
    return alive, number, rungs


def _best(recipes: Sequence[Recipe], scores: dict[int, float | None]) -> list[Recipe]:
    """Return the best third of the recipes, best first, without those that have no score."""
    known = sorted((r for r in recipes if scores[r.number] is not None),
                   key=lambda recipe: -(scores[recipe.number] or 0))
    return known[: max(1, math.ceil(len(recipes) / KEPT))]
