"""Mixing, and the two losses on the softmax of maps, against readings with loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from tag2mask.strategies import create_strategy
from tag2mask.strategies.mixup import concentration_loss, draw_partners, entropy_loss, mix
from tag2mask.strategies.strategy import Crops


def drawn(*shape: int) -> Tensor:
    """Draw numbers in double precision."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("count", [2, 3, 16])
def test_no_photo_is_mixed_with_itself(count: int) -> None:
    """Whatever is drawn; and each is once another's partner."""
    rng = np.random.default_rng(count)
    for _ in range(50):
        partners = draw_partners(count, rng)
        assert (partners != np.arange(count)).all()
        assert sorted(partners) == list(range(count))


def test_mixing_by_hand() -> None:
    """0.75 of one and 0.25 of the other, for images and for tags."""
    values = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    found = mix(values, torch.tensor([0.75, 0.0, 1.0]), torch.tensor([1, 2, 0]))
    torch.testing.assert_close(found, torch.tensor([[0.25, 0.75], [1.0, 1.0], [1.0, 1.0]]))


def test_a_batch_is_mixed_and_one_photo_alone_is_not() -> None:
    """Images and tags by the same shares."""
    images = torch.eye(4).view(4, 4, 1, 1).expand(4, 4, 5, 3)[:, :3]
    crops = Crops(images=images, tags=torch.eye(4), fill=torch.zeros(3))
    strategy = create_strategy(["mixup"])
    found = strategy.prepare_batch(crops, np.random.default_rng(0))
    torch.testing.assert_close(found.images[:, :, 0, 0], found.tags[:, :3])
    torch.testing.assert_close(found.tags.sum(1), torch.ones(4))
    assert (found.tags.diagonal() < 1).any()
    single = Crops(images=images[:1], tags=torch.ones(1, 4), fill=torch.zeros(3))
    assert strategy.prepare_batch(single, np.random.default_rng(0)) is single


def test_entropy_by_hand() -> None:
    """Two classes alike: log 2; one far above: nothing."""
    evidence = torch.zeros(1, 2, 1, 2)
    evidence[0, 0, 0, 1] = 100
    assert entropy_loss(evidence) == pytest.approx(math.log(2) / 2)


def test_losses_against_loops() -> None:
    """H != W, two photos, some classes absent."""
    maps, present = drawn(2, 3, 4, 5).softmax(1), torch.tensor([[1, 0, 1], [0, 1, 0]]).bool()
    entropy, spread = 0.0, 0.0
    for photo in range(2):
        for y in range(4):
            for x in range(5):
                entropy -= sum(float(p * p.log()) for p in maps[photo, :, y, x]) / 40
        for label in range(3):
            if not present[photo, label]:
                continue
            weights = maps[photo, label] / maps[photo, label].sum()
            ys, xs = ([(i + 0.5) / n for i in range(n)] for n in (4, 5))
            at = [(y, x, float(weights[i, j])) for i, y in enumerate(ys) for j, x in enumerate(xs)]
            my, mx = (sum(p[axis] * p[2] for p in at) for axis in range(2))
            spread += sum(((y - my) ** 2 + (x - mx) ** 2) * w for y, x, w in at) / 2
    assert float(entropy_loss(maps.log())) == pytest.approx(entropy)
    assert float(concentration_loss(maps, present)) == pytest.approx(spread)


def test_one_place_has_no_spread_and_two_corners_have() -> None:
    """A map of one cell is as concentrated as can be; with one class there is no entropy."""
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 1, 2] = 3
    assert concentration_loss(maps, torch.ones(1, 1)) == 0
    maps = torch.zeros(1, 1, 2, 2)
    maps[0, 0, 0, 0] = maps[0, 0, 1, 1] = 1
    assert concentration_loss(maps, torch.ones(1, 1)) == pytest.approx(2 * 0.25**2)
    assert entropy_loss(torch.randn(2, 1, 3, 4)) == 0


def test_gradients() -> None:
    """In double precision."""
    evidence = drawn(2, 3, 3, 4).requires_grad_()
    present = torch.tensor([[1, 0, 1], [0, 1, 1]]).double()
    assert torch.autograd.gradcheck(entropy_loss, (evidence,))
    assert torch.autograd.gradcheck(
        lambda e: concentration_loss(e.softmax(1), present), (evidence,)
    )
