"""Assign cells to shards, one per process."""

from __future__ import annotations

from collections.abc import Sequence

from tag2mask.comparison.cells import Cell
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config


def in_shard(cells: Sequence[Cell], shard: tuple[int, int]) -> list[bool]:
    """Return for each cell whether it belongs to a shard.

    Cells that train the same classifier belong to the same shard, so that it is trained once.

    Args:
        cells: all cells of the comparison, in the same order in every process.
        shard: (i, n), the i-th of n parts, from 1.

    Raises:
        InputError: i is not in 1..n.
    """
    part, parts = shard
    if not 1 <= part <= parts:
        raise InputError(f"--shard {part}/{parts} is not a part; use 1/{parts} to {parts}/{parts}.")
    groups: dict[str, int] = {}
    own = []
    for cell in cells:
        if cell.recipe.problem:
            own.append(part == 1)
            continue
        config = load_config(None, cell.recipe.overrides)
        group = groups.setdefault(repr((config.classify, cell.seed)), len(groups))
        # Shifted by one in each round: otherwise one part may get all seeds of a slow strategy.
        own.append((group + group // parts) % parts == part - 1)
    return own
