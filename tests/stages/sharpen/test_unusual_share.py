"""A share of foreground is lowered where it is several times the cells that are unusual."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from tag2mask.data.dataset import Dataset
from tag2mask.pseudo_masks import Choice
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.sharpening.normality import NormalCells
from tag2mask.stages.sharpen.normal_distances import (
    FEWEST,
    FEWEST_TAGGED,
    Measured,
    NormalDistances,
)
from tag2mask.stages.sharpen.unusual_share import lowered_to_unusual

SHARES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6)
BODY = Choice(share=0.4, shares=SHARES, learnable=(0.1, 0.2, 0.15, 0.2, 0.4, 0.3), found=True)


def distances(fault: float, *, somewhat: float = 0) -> NormalDistances:
    """Give normal cells around one point, and photos that have faults on this part of them.

    On another part, `somewhat`, cells are a little farther from the point than normal ones.
    """
    rng = np.random.default_rng(0)

    def cells(count: int) -> np.ndarray:
        return rng.normal(0, 0.1, (count, 3)).astype(np.float32)

    first, second = (torch.from_numpy(cells(400)) for _ in range(2))
    normal, measured = NormalCells((first, second)), []
    for _ in range(8):
        photo = cells(600)
        photo[: round(600 * fault)] += 1
        photo[600 - round(600 * somewhat) :] *= 1.5
        grid = torch.from_numpy(photo.T.reshape(3, 20, 30).copy())
        measured.append(cast("Measured", SimpleNamespace(distances=normal.distances(grid).numpy())))
    return cast("NormalDistances", SimpleNamespace(
        normal=[None] * FEWEST, sample=measured, cells=normal, measured=measured))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Give an empty run."""
    return Context(run=RunFolder(tmp_path), dataset=Dataset(
        root=tmp_path, layout="tags_csv", classes=("fault",), photos=()))


def test_the_share_of_a_body_becomes_that_of_faults(context: Context) -> None:
    """The best one up to three times the part of unusual cells, which are the faults."""
    choice, made = lowered_to_unusual(context, distances(0.05), BODY)
    assert choice == replace(BODY, share=0.05)
    assert made is not None
    assert made.unusual == pytest.approx(0.05, abs=0.01)
    assert f"from 40.0% to 5.0%: only {made.unusual:.1%} of the cells" in made.sentence
    again, kept = lowered_to_unusual(context, cast("Any", SimpleNamespace(
        normal=[None] * FEWEST, sample=[None] * FEWEST_TAGGED)), BODY)  # without measuring anew
    assert (again, kept) == (choice, made)


@pytest.mark.parametrize(("fault", "change"), [
    (0.0, lambda choice: choice), (0.2, lambda choice: choice),
    (0.05, lambda choice: replace(choice, share=0.1)),
    (0.05, lambda choice: replace(choice, found=False)),
])
def test_other_shares_stay(
    context: Context, fault: float, change: Callable[[Choice], Choice]
) -> None:
    """Photos that are like those without a tag say nothing; large things are unusual, too."""
    before = change(BODY)
    choice, made = lowered_to_unusual(context, distances(fault), before)
    assert choice == before
    assert made is None or not made.sentence


def test_objects_that_look_like_the_rest_stay(context: Context) -> None:
    """Many of their cells are somewhat unusual, and a few very much."""
    choice, made = lowered_to_unusual(context, distances(0.05, somewhat=0.4), BODY)
    assert choice == BODY
    assert made is not None
    assert 0.05 < made.unusual < BODY.share / 3


@pytest.mark.parametrize(
    ("normal", "sample"), [(FEWEST - 1, FEWEST_TAGGED), (FEWEST, FEWEST_TAGGED - 1)])
def test_few_photos_say_nothing(context: Context, normal: int, sample: int) -> None:
    """As with fewer than `normality` needs."""
    few = cast("Any", SimpleNamespace(normal=[None] * normal, sample=[None] * sample))
    assert lowered_to_unusual(context, few, BODY) == (BODY, None)
