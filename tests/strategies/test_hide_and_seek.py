"""Hidden cells: where they are, what they are filled with, and when nothing is hidden."""

from __future__ import annotations

import numpy as np
import torch

from tag2mask.strategies import create_strategy
from tag2mask.strategies.hide_and_seek import GRIDS, hide_cells
from tag2mask.strategies.strategy import Crops

FILL = torch.tensor([0.25, -0.5, 1.0])


class Coins:
    """Stands in for a generator, and gives the numbers it was told."""

    def __init__(self, *numbers: list[list[float]]) -> None:
        """Remember what to give."""
        self._numbers = list(numbers)

    def random(self, shape: tuple[int, int]) -> np.ndarray:
        """Give the next numbers, which must be as many as asked for."""
        given = np.array(self._numbers.pop(0))
        assert given.shape == shape
        return given


def test_cells_by_hand() -> None:
    """5 x 7 pixels in cells of 3: two rows and three columns, the last ones smaller."""
    images = torch.arange(2 * 3 * 5 * 7, dtype=torch.float32).reshape(2, 3, 5, 7)
    before = images.clone()
    coins = Coins([[0.1, 0.9, 0.4], [0.5, 0.49, 0.8]])
    found = hide_cells(images, [3, 0], chance=0.5, fill=FILL, rng=coins)  # type: ignore[arg-type]
    expected = images.clone()
    for rows, columns in ((slice(0, 3), slice(0, 3)), (slice(0, 3), slice(6, 7)),
                          (slice(3, 5), slice(3, 6))):
        expected[0, :, rows, columns] = FILL[:, None, None]
    torch.testing.assert_close(found, expected)
    assert torch.equal(images, before)


def test_a_photo_smaller_than_a_cell_is_hidden_whole_or_not_at_all() -> None:
    """Nothing in between, and no error."""
    images = torch.zeros(2, 3, 4, 6)
    coins = Coins([[0.1]], [[0.9]])
    found = hide_cells(images, [50, 50], chance=0.5, fill=FILL, rng=coins)  # type: ignore[arg-type]
    assert torch.equal(found[0], FILL[:, None, None].expand(3, 4, 6))
    assert torch.equal(found[1], images[1])


def test_grids_grow_with_the_crop_and_about_half_is_hidden() -> None:
    """At 448 pixels the smallest cell has 32; a fifth of the photos is left alone."""
    crops = Crops(images=torch.ones(200, 3, 448, 480), tags=torch.ones(200, 2),
                  fill=torch.zeros(3))
    found = create_strategy(["hide_and_seek"]).prepare_batch(crops, np.random.default_rng(0))
    hidden = found.images[:, 0] == 0
    assert torch.equal(found.tags, crops.tags)
    untouched = ~hidden.flatten(1).any(1)
    assert 0.1 < untouched.float().mean() < 0.3
    assert 0.45 < hidden[~untouched].float().mean() < 0.55
    cell = 2 * min(grid for grid in GRIDS if grid)
    corner = hidden[:, :cell, :cell].flatten(1)
    assert torch.equal(corner.all(1), corner.any(1))


def test_the_same_generator_hides_the_same() -> None:
    """A training that goes on sees what it would have seen."""
    crops = Crops(images=torch.rand(4, 3, 40, 56), tags=torch.ones(4, 2), fill=FILL)
    strategy = create_strategy(["hide_and_seek"])
    first, second = (strategy.prepare_batch(crops, np.random.default_rng(7)) for _ in range(2))
    assert torch.equal(first.images, second.images)
