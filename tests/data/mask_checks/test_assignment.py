"""Values and classes are matched as the best of all permutations would."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from tag2mask.data.mask_checks.assignment import best_assignment, unique_classes


@pytest.mark.parametrize("seed", range(5))
def test_the_best_permutation_is_found(seed: int) -> None:
    """By comparison with all of them."""
    gain = np.random.default_rng(seed).random((5, 5))
    best = max(permutations(range(5)), key=lambda order: sum(gain[range(5), list(order)]))
    assert best_assignment(gain) == list(best)


@pytest.mark.parametrize(("rows", "columns"), [(4, 2), (2, 4), (1, 1)])
def test_rows_without_a_column_have_none(rows: int, columns: int) -> None:
    """Every column is used once at most."""
    chosen = best_assignment(np.random.default_rng(0).random((rows, columns)))
    assert sorted(column for column in chosen if column >= 0) == sorted(
        {column for column in chosen if column >= 0}
    )
    assert sum(column >= 0 for column in chosen) == min(rows, columns)


def test_forty_classes_in_another_order() -> None:
    """A permutation with noise."""
    rng = np.random.default_rng(1)
    order = rng.permutation(40)
    gain = rng.random((40, 40)) * 0.3
    gain[range(40), order] = 0.9
    assert best_assignment(gain) == order.tolist()


def test_classes_that_are_not_clear_stay_open() -> None:
    """Two classes that are equally likely, and one that is unlikely."""
    gain = np.array([[1.0, 0.2], [0.95, 0.95], [0.5, 0.1]])
    assert unique_classes(gain, least=0.9, margin=0.1) == [0, -1, -1]
