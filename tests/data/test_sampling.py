"""An epoch shows every tagged photo, and not more photos without a tag than with one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tag2mask.data.dataset import Photo
from tag2mask.data.sampling import EpochSampler


def sampler(tagged: int, untagged: int, *, batch_size: int = 4) -> EpochSampler:
    """Sample from photos whose first `tagged` have a tag."""
    photos = [
        Photo(name=str(index), path=Path(str(index)), tags=(0,) if index < tagged else (),
              split="train", mask=None)
        for index in range(tagged + untagged)
    ]
    return EpochSampler(photos=photos, batch_size=batch_size, key=(0, "test"))


@pytest.mark.parametrize(("tagged", "untagged", "seen"), [
    (7, 3, 10), (5, 40, 10), (9, 0, 9), (0, 6, 6), (1, 0, 1),
])
def test_who_is_seen(tagged: int, untagged: int, seen: int) -> None:
    """Nobody twice; every photo with a tag; of the others as many at most."""
    chosen = sampler(tagged, untagged)
    indices = np.concatenate(chosen.batches(0))
    assert len(indices) == len(set(indices)) == seen
    assert set(range(tagged)) <= set(indices)
    assert len(chosen.batches(0)) == chosen.steps


def test_batches_are_full_or_nearly() -> None:
    """A last batch of one photo would have no statistics of its own."""
    assert [len(batch) for batch in sampler(17, 0, batch_size=16).batches(0)] == [9, 8]


def test_other_epochs_see_others_in_another_order() -> None:
    """And the same epoch the same ones: a training that was killed goes on as it would have."""
    chosen = sampler(3, 30)
    drawn = [np.concatenate(chosen.batches(epoch)) for epoch in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert set(drawn[0]) != set(drawn[2])
    assert {2, 1, 0} < set(drawn[2])
