"""The U-Net joins features of any sizes, and the network answers at the photo's size."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.segmenters import SEGMENTERS, create_segmenter
from tag2mask.models.segmenters.unet import ConvBlock, UNetDecoder


def features(*sizes: tuple[int, int], channels: tuple[int, ...]) -> list[Tensor]:
    """Draw features, high resolution first."""
    pairs = zip(channels, sizes, strict=True)
    return [torch.randn(2, width, *size, requires_grad=True) for width, size in pairs]


@pytest.mark.parametrize("sizes", [
    [(16, 24), (8, 12), (4, 6)], [(15, 23), (8, 12), (4, 6)], [(1, 7), (1, 4), (1, 1)],
])
def test_it_ends_at_the_first_features_size(sizes: list[tuple[int, int]]) -> None:
    """Odd sizes and single cells included."""
    decoder = UNetDecoder((3, 5, 7), (8, 16, 32)).eval()
    assert decoder.channels == 8
    assert decoder(features(*sizes, channels=(3, 5, 7))).shape == (2, 8, *sizes[0])


def test_every_feature_is_heard() -> None:
    """A gradient reaches each of them, and each parameter."""
    decoder = UNetDecoder((3, 5, 7), (8, 16, 32))
    given = features((16, 24), (8, 12), (4, 6), channels=(3, 5, 7))
    decoder(given).square().sum().backward()
    assert all(feature.grad is not None and feature.grad.any() for feature in given)
    assert all(parameter.grad is not None for parameter in decoder.parameters())


def test_features_of_one_stride_are_joined_too() -> None:
    """Where the backbone dilates instead of striding."""
    decoder = UNetDecoder((3, 5), (8, 16)).eval()
    assert decoder(features((4, 6), (4, 6), channels=(3, 5))).shape == (2, 8, 4, 6)


def test_a_block_keeps_the_size() -> None:
    """Whatever the kernel."""
    for kernel in (1, 3):
        assert ConvBlock(3, 4, kernel=kernel).eval()(torch.ones(1, 3, 5, 8)).shape == (1, 4, 5, 8)


@pytest.mark.parametrize("output_stride", [8, 16, 32])
@pytest.mark.parametrize("size", [(64, 96), (33, 50), (1, 1)])
def test_the_network_answers_at_the_photos_size(output_stride: int, size: tuple[int, int]) -> None:
    """Over the default backbone at every output stride."""
    encoder = create_backbone("efficientnet_lite0", output_stride=output_stride)
    network = create_segmenter("unet", num_labels=4, encoder=encoder).eval()
    with torch.inference_mode():
        logits = network(torch.randn(1, 3, *size))
    assert logits.shape == (1, 4, *size)
    assert logits.dtype == torch.float32


def test_an_unknown_network_is_told() -> None:
    """With the nearest right name."""
    assert "unet" in SEGMENTERS.names()
    encoder = create_backbone("efficientnet_lite0")
    with pytest.raises(InputError, match="did you mean 'unet"):
        create_segmenter("u-net", num_labels=2, encoder=encoder)
