"""SegNet mirrors its encoder, and hears of it only through the bottleneck and the switches."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.vgg import VGG, VGG16_BN, VGGSpec
from tag2mask.models.segmenters.mirror import MirrorDecoder
from tag2mask.models.segmenters.segnet import build_segnet
from tag2mask.models.segmenters.unet import ConvBlock

TINY = VGGSpec(repeats=(1, 2, 1, 1, 2), channels=(4, 6, 8, 10, 12), batch_norm=True)


def test_the_published_count() -> None:
    """29.5 M over VGG-16, as published; the last 3x3 layer gives 64 channels, the head 21 of them.

    The authors' own model ends in a 3x3 layer of 64 to 21 channels instead, 23 k less, and its
    decoder's convolutions have biases beside their normalisation, 4 k more.
    """
    with torch.device("meta"):
        network = build_segnet(VGG(VGG16_BN), 21)
        count = sum(parameter.numel() for parameter in network.parameters())
    assert round(count / 1e6, 1) == 29.5


def test_the_decoder_mirrors_the_encoder() -> None:
    """As many convolutions per stage, in reverse, each stage narrowing at its end."""
    decoder = MirrorDecoder(VGG(TINY), ConvBlock)
    widths = [
        [(layer.in_channels, layer.out_channels) for layer in stage.modules()
         if isinstance(layer, nn.Conv2d)]
        for stage in decoder.stages
    ]
    assert widths == [[(12, 12), (12, 10)], [(10, 8)], [(8, 6)], [(6, 6), (6, 4)], [(4, 4)]]
    assert not any(isinstance(layer, nn.ConvTranspose2d) for layer in decoder.modules())


def test_there_is_no_skip() -> None:
    """Other features do not change the result, the last one and each switch do."""
    encoder = VGG(TINY).eval()
    decoder = MirrorDecoder(encoder, ConvBlock).eval()
    with torch.inference_mode():
        features, switches = encoder.forward_with_switches(torch.randn(1, 3, 64, 32))
        before = decoder(features, switches)
        noise = [torch.randn_like(feature) for feature in features[:-1]]
        torch.testing.assert_close(decoder([*noise, features[-1]], switches), before)
        assert not torch.allclose(decoder([*noise, features[-1] + 1], switches), before)
        for index in range(5):
            other = list(switches)
            other[index] = switches[index] ^ 1  # the neighbour in the same row
            assert not torch.allclose(decoder(features, other), before), index


def test_values_land_where_the_encoder_found_them() -> None:
    """With decoder stages that do nothing, the result is nonzero only at the maxima."""
    encoder = VGG(VGGSpec(repeats=(1,) * 5, channels=(3,) * 5)).eval()
    decoder = MirrorDecoder(encoder, lambda _in, _out: nn.Identity())
    with torch.inference_mode():
        features, switches = encoder.forward_with_switches(torch.randn(1, 3, 32, 64))
        found = decoder([torch.ones_like(feature) for feature in features], switches)
    places = switches[0].flatten(2)
    assert found.sum() == 3 * 2  # one per cell at stride 32
    assert set(found.flatten(2)[0, 0].nonzero().flatten().tolist()) <= set(places[0, 0].tolist())


@pytest.mark.parametrize("name", ["efficientnet_lite0", "vgg16_bn_quarter"])
def test_what_cannot_be_mirrored_is_told(name: str) -> None:
    """No VGG, or one that pools four times."""
    with torch.device("meta"):
        encoder = create_backbone(name, output_stride=16)
    with pytest.raises(InputError, match="take the backbone vgg16_bn at output stride 32"):
        build_segnet(encoder, 3)
