"""How far photos are from the stored statistics, and what adapts to them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.statistics_shift import adapt_statistics, statistics_shift


class Tiny(BackboneModule):
    """Two normalised layers, of which `freeze` freezes the first."""

    def __init__(self) -> None:
        """Store the statistics of standard normal values, which `photos` has."""
        super().__init__()
        self.first, self.second = nn.BatchNorm2d(3, momentum=0.01), nn.BatchNorm2d(3)
        self.fixed_statistics = True

    def forward(self, images: Tensor) -> list[Tensor]:
        """Normalise twice."""
        return [self.second(self.first(images))]

    def freeze(self, blocks: int) -> None:
        """Freeze the first layer if `blocks` is 1."""
        self.first.requires_grad_(not blocks)


def photos(mean: float = 0.0, spread: float = 1.0) -> list[Tensor]:
    """Draw two batches of photos that are wider than high."""
    drawn = torch.Generator().manual_seed(0)
    return [mean + spread * torch.randn(4, 3, 12, 20, generator=drawn) for _ in range(2)]


def test_photos_like_those_of_the_pretraining_have_no_shift() -> None:
    """Up to what chance leaves."""
    assert statistics_shift(Tiny(), photos()) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("mean", "spread", "nats"), [
    (2.0, 1.0, 2.0), (0.0, 0.5, 0.5 * (0.25 - 1 + 1.3863)),
])
def test_it_is_the_divergence_of_normal_distributions(
    mean: float, spread: float, nats: float
) -> None:
    """Of both layers, which see the same values."""
    assert statistics_shift(Tiny(), photos(mean, spread)) == pytest.approx(nats, abs=0.05)


def test_frozen_layers_do_not_count_and_nothing_is_changed() -> None:
    """Neither mode nor statistics; the hooks are gone."""
    backbone = Tiny()
    backbone.freeze(1)
    backbone.second.running_mean = torch.full((3,), 2.0)
    backbone.train()
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    assert statistics_shift(backbone, photos(2.0)) == pytest.approx(0, abs=0.05)
    assert backbone.training
    assert not backbone.second.training, "its statistics are fixed"
    assert all(torch.equal(value, before[name]) for name, value in backbone.state_dict().items())
    assert not backbone.first._forward_pre_hooks
    assert not backbone.second._forward_pre_hooks
    backbone.second.requires_grad_(False)
    assert statistics_shift(backbone, photos(2.0)) == 0


def test_only_layers_that_are_trained_adapt() -> None:
    """And they do so fast enough for a short training."""
    backbone = Tiny()
    backbone.freeze(1)
    adapt_statistics(backbone)
    backbone.train()
    assert not backbone.fixed_statistics
    for _ in range(30):
        backbone(photos(2.0)[0])
    assert torch.equal(backbone.first.running_mean, torch.zeros(3))
    assert backbone.second.running_mean == pytest.approx([2.0] * 3, abs=0.15)
