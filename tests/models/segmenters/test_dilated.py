"""Dilated heads see farther at the same resolution."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tag2mask.models.segmenters.dilated import (
    ASPP,
    LARGE_FOV,
    DilatedDecoder,
    DilatedSpec,
    PhotoMean,
    Pyramid,
)


def rates(decoder: DilatedDecoder) -> list[int]:
    """List the dilations of the 3x3 convolutions."""
    layers = [layer for layer in decoder.modules() if isinstance(layer, nn.Conv2d)]
    return [layer.dilation[0] for layer in layers if layer.kernel_size == (3, 3)]


@pytest.mark.parametrize(("stride", "wanted"), [(8, (12, 24, 36)), (16, (6, 12, 18))])
def test_the_published_rates(stride: int, wanted: tuple[int, ...]) -> None:
    """DeepLabv3, section 3.3: doubled at stride 8; LargeFOV has 12 there."""
    with torch.device("meta"):
        assert rates(DilatedDecoder(8, stride, spec=ASPP)) == list(wanted)
        assert rates(DilatedDecoder(8, stride, spec=LARGE_FOV)) == [wanted[0]]


@pytest.mark.parametrize("rate", [1, 2, 4])
def test_it_reaches_as_far_as_its_rate_and_keeps_the_resolution(rate: int) -> None:
    """A cell depends on those `rate` cells away, and on none beyond."""
    spec = DilatedSpec(rates=(rate,), pyramid=False, width=6)
    decoder = DilatedDecoder(5, 16, spec=spec).eval()
    feature = torch.randn(1, 5, 11, 13, requires_grad=True)
    result = decoder([feature])
    assert result.shape == (1, 6, 11, 13)
    result[..., 5, 6].sum().backward()
    assert feature.grad is not None
    rows = feature.grad[0].abs().sum((0, 2)).nonzero().flatten().tolist()
    assert rows == [5 - rate, 5, 5 + rate]


def test_the_pyramid_sees_the_whole_photo() -> None:
    """Every cell depends on every other, by the mean; the branches lie side by side."""
    pyramid = Pyramid(5, 6, (2, 3)).eval()
    feature = torch.randn(1, 5, 9, 15, requires_grad=True)
    result = pyramid(feature)
    assert result.shape == (1, 6, 9, 15)
    result[..., 0, 0].sum().backward()
    assert feature.grad is not None
    assert feature.grad.abs().sum(1).ne(0).all()
    assert pyramid.project[0].in_channels == 4 * 6


@pytest.mark.parametrize("batch", [1, 3])
def test_the_mean_learns_from_a_batch_of_one(batch: int) -> None:
    """And a photo's mean does not depend on the others beside it."""
    mean, feature = PhotoMean(5, 6).train(), torch.randn(batch, 5, 1, 1)
    result = mean(feature)
    torch.testing.assert_close(result[:1], mean(feature[:1]))
    result.square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in mean.parameters())


def test_a_head_without_any_rate_looks_at_single_cells() -> None:
    """One 1x1 convolution, whatever the encoder's width."""
    spec = DilatedSpec(rates=(), pyramid=False, width=6)
    decoder = DilatedDecoder(5, 8, spec=spec).eval()
    assert decoder([torch.zeros(1, 5, 11, 13)]).shape == (1, 6, 11, 13)
    kernels = [layer.kernel_size for layer in decoder.modules() if isinstance(layer, nn.Conv2d)]
    assert kernels == [(1, 1)]
