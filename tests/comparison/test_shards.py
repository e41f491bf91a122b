"""Which process runs which cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tag2mask.comparison.cells import Cell
from tag2mask.comparison.grid import Recipe
from tag2mask.comparison.shards import in_shard
from tag2mask.core.contracts import InputError
from tag2mask.run_folder.folder import RunFolder


def cells_of(*settings: str, seeds: int) -> list[Cell]:
    """Make cells of recipes with one or several settings, every recipe once per seed."""
    recipes = [Recipe(n, {}, tuple(words.split())) for n, words in enumerate(settings)]
    return [Cell(recipe, seed, RunFolder(Path())) for seed in range(seeds) for recipe in recipes]


def test_recipes_with_one_classifier_are_in_one_shard() -> None:
    """And every cell is in exactly one shard."""
    cells = cells_of(*(f"classify.strategy={strategy} sharpen.steps={steps}"
                       for strategy in ("plain", "mixup", "mdc")
                       for steps in ("none", "dense_crf")), seeds=2)
    parts = [in_shard(cells, (part, 4)) for part in (1, 2, 3, 4)]
    assert [sum(owners) for owners in zip(*parts, strict=True)] == [1] * 12
    assert all(own[n] == own[n + 1] for own in parts for n in range(0, 12, 2))


def test_the_seeds_of_a_slow_recipe_are_distributed() -> None:
    """With two strategies and two shards, neither shard has one strategy alone."""
    own = in_shard(cells_of("classify.strategy=plain", "classify.strategy=seam", seeds=4), (1, 2))
    assert sum(own[::2]) == sum(own[1::2]) == 2


@pytest.mark.parametrize("shard", [(0, 2), (3, 2)])
def test_a_shard_out_of_range_is_refused(shard: tuple[int, int]) -> None:
    """The message has the range."""
    with pytest.raises(InputError, match="use 1/2 to 2/2"):
        in_shard(cells_of("classify.strategy=plain", seeds=1), shard)
