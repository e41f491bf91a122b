"""Run some cells of a comparison, one after the other or several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tag2mask.comparison.cells import Cell, CellRunner
from tag2mask.data.dataset import Dataset


def run_cells(
    runner: CellRunner, dataset: Dataset, cells: Sequence[Cell], photos: int | None,
    others: Sequence[Cell], *, may_start: Callable[[], bool] = lambda: True,
) -> None:
    """Run or resume cells; `read_outcome` reads their results.

    Args:
        runner: runs cells; its `jobs` is the number of processes.
        dataset: the data set.
        cells: the cells.
        photos: the most photos of each split; None for all.
        others: cells whose results are reused.
        may_start: returns whether another cell may start.

    Raises:
        OSError, InputError: an error that would stop every other cell too.
    """
    if runner.jobs > 1:
        from tag2mask.comparison.jobs import Jobs

        Jobs(runner, dataset, photos, others).run(cells, may_start)
        return
    for number, cell in enumerate(cells, 1):
        if not may_start():
            return
        runner.progress.say(f"{number} of {len(cells)}: {cell.name}")
        outcome = runner.run(cell, photos, [other for other in others if other is not cell])
        if outcome.problem:
            runner.progress.warn(f"{cell.recipe.name}: {outcome.problem}")
