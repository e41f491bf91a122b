"""An epoch shows every tagged photo, and not more photos without a tag than with one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tag2mask.annotation.records import Annotation, GivenMask
from tag2mask.data.dataset import Photo
from tag2mask.data.sampling import REPEATS, EpochSampler, often_seen


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


def test_photos_with_masks_come_several_times() -> None:
    """In an epoch of the usual length; the others take turns."""
    chosen = replace(sampler(60, 0), often=frozenset({3, 50}))
    indices = np.concatenate(chosen.batches(0))
    assert len(indices) == 60
    counts = np.bincount(indices, minlength=60)
    assert counts[3] == counts[50] == REPEATS
    assert set(np.delete(counts, [3, 50])) == {0, 1}
    others = set(np.concatenate(chosen.batches(1))) ^ set(indices)
    assert others


def test_many_photos_with_masks_come_once() -> None:
    """They are more than their share as it is."""
    chosen = replace(sampler(20, 5), often=frozenset(range(15)))
    assert np.bincount(np.concatenate(chosen.batches(0))).max() == 1


def test_who_is_seen_often() -> None:
    """Photos with nearly whole masks, unless all have one."""
    mask = GivenMask(path=Path("a.png"), digest="", labels=(0, 1), decided=0.9)
    photos = list(sampler(3, 0).photos)
    assert often_seen(photos) == frozenset()
    photos[1] = replace(photos[1], annotation=Annotation(mask=mask))
    photos[2] = replace(photos[2], annotation=Annotation(mask=replace(mask, decided=0.1)))
    assert often_seen(photos) == {1}
    assert often_seen(photos[1:2]) == frozenset()
