"""DeconvNet: the mirrored VGG in deconvolutions, over fc6 and fc7."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.vgg import VGG, VGG16_BN, VGGSpec
from tag2mask.models.segmenters.deconvnet import DeconvNetSpec, build_deconvnet

TINY = VGGSpec(repeats=(1,) * 5, channels=(2, 3, 4, 5, 6), batch_norm=True)
SPEC = DeconvNetSpec(bottleneck=7)


def test_the_published_count() -> None:
    """251.8 M, about 252 M as published; 222 M of them are fc6, fc7 and fc6's deconvolution.

    Convolutions with batch normalisation have no bias here in the bottleneck and the decoder, and
    batch normalisation counts two per channel; neither shows in the first three digits.
    """
    with torch.device("meta"):
        network = build_deconvnet(VGG(VGG16_BN), 21)
        count = sum(parameter.numel() for parameter in network.parameters())
        bottom = network.decoder.get_submodule("bottom")
        weights = sum(p.numel() for p in bottom.parameters() if p.dim() == 4)
    assert weights == 2 * 512 * 4096 * 49 + 4096 * 4096
    assert round(count / 1e6, 1) == 251.8


def test_the_decoder_deconvolves() -> None:
    """Every layer above the bottleneck; the widest layer is as the spec says."""
    network = build_deconvnet(VGG(TINY), 3, spec=SPEC)
    stages = network.decoder.get_submodule("stages")
    assert not any(isinstance(layer, nn.Conv2d) for layer in stages.modules())
    widths = [m.in_channels for m in stages.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert widths == [6, 5, 4, 3, 2]
    assert network.decoder.get_parameter("bottom.1.0.weight").shape == (7, 7, 1, 1)


def test_a_narrow_encoder_has_a_narrow_bottleneck() -> None:
    """Eight times its last width, which is 4,096 for 512."""
    network = build_deconvnet(VGG(TINY), 3)
    assert network.decoder.get_parameter("bottom.0.0.weight").shape == (48, 6, 7, 7)


def test_seven_cells_meet_in_fc6_as_published() -> None:
    """In the middle of 7x7 cells our fc6 is the published one, which pads nothing."""
    network = build_deconvnet(VGG(TINY), 3, spec=SPEC)
    weight, feature = network.decoder.get_parameter("bottom.0.0.weight"), torch.randn(1, 6, 7, 7)
    published = F.conv2d(feature, weight)
    ours = network.decoder.get_submodule("bottom.0.0")(feature)
    torch.testing.assert_close(ours[..., 3:4, 3:4], published)
