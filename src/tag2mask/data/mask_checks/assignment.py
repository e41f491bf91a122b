"""Assign stored values to classes by the co-occurrence of values and tags."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tag2mask.data.mask_checks.view import View


def co_occurrence(
    view: View, symbols: Sequence[int], *, classes: int
) -> npt.NDArray[np.float64]:
    """Return the F1 of each symbol's presence with each class's tag, (S, K)."""
    has = np.array([[s in row for s in symbols] for row in view.rows], np.float64)
    has = has.reshape(len(view.rows), len(symbols))
    tags = np.zeros((len(view.rows), classes))
    for row, own in zip(tags, view.tags, strict=True):
        row[list(own)] = 1
    total = has.sum(axis=0)[:, None] + tags.sum(axis=0)[None]
    return np.asarray(2 * (has.T @ tags) / np.maximum(total, 1))


def best_assignment(gain: npt.NDArray[np.float64]) -> list[int]:
    """Return the column of each row that maximises the sum of `gain`; -1 for no column.

    The Hungarian method with potentials (Kuhn 1955, Munkres 1957), O(n^3). Surplus rows remain
    unassigned.

    Args:
        gain: (R, C), 0 or more.
    """
    rows, columns = gain.shape
    size = max(rows, columns)
    cost = np.zeros((size + 1, size + 1))
    cost[1 : rows + 1, 1 : columns + 1] = -gain
    row_of = np.zeros(size + 1, np.int64)
    by_row, by_column = np.zeros(size + 1), np.zeros(size + 1)
    for row in range(1, size + 1):
        _augment(row, cost, row_of, by_row, by_column)
    assigned = [-1] * rows
    for column in range(1, columns + 1):
        if row_of[column] <= rows:
            assigned[row_of[column] - 1] = column - 1
    return assigned


def _augment(
    row: int, cost: npt.NDArray[np.float64], row_of: npt.NDArray[np.int64],
    by_row: npt.NDArray[np.float64], by_column: npt.NDArray[np.float64],
) -> None:
    """Add one row to the assignment, along the shortest path of exchanges."""
    row_of[0], column = row, 0
    lowest = np.full(len(cost), np.inf)
    came_from = np.zeros(len(cost), np.int64)
    used = np.zeros(len(cost), bool)
    while row_of[column] != 0:
        used[column] = True
        reduced = cost[row_of[column]] - by_row[row_of[column]] - by_column
        closer = ~used & (reduced < lowest)
        closer[0] = False
        lowest[closer], came_from[closer] = reduced[closer], column
        open_ones = np.where(used, np.inf, lowest)
        open_ones[0] = np.inf
        following = int(open_ones.argmin())
        step = open_ones[following]
        by_row[row_of[used]] += step
        by_column[used] -= step
        lowest[~used] -= step
        column = following
    while column:
        row_of[column] = row_of[came_from[column]]
        column = int(came_from[column])


def unique_classes(gain: npt.NDArray[np.float64], *, least: float, margin: float) -> list[int]:
    """Return the class of each value, several values per class; -1 if it is ambiguous.

    Args:
        gain: (S, K) from `co_occurrence`.
        least: minimum F1 between a value and its class.
        margin: minimum distance of that F1 to the F1 of any other class.
    """
    chosen = []
    for row in gain:
        best = int(row.argmax())
        others = np.delete(row, best)
        clear = row[best] >= least and (not others.size or row[best] - others.max() >= margin)
        chosen.append(best if clear else -1)
    return chosen
