"""Three representations of one trunk, and the classifier that its size is known by."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.hrnet import HRNet
from tag2mask.models.backbones.hrnet_spec import SPECS
from tag2mask.models.segmenters.hrnet_heads import (
    FeaturePyramid,
    ImageNetHead,
    V1Decoder,
    V2Decoder,
    V2pDecoder,
    together,
)
from tag2mask.models.segmenters.segmenter import Decoder

CHANNELS = (4, 8, 16, 32)


def streams(height: int = 12, width: int = 20) -> list[Tensor]:
    """Draw streams, with sides that do not halve evenly."""
    return [
        torch.randn(2, channels, -(-height // 2**i), -(-width // 2**i), requires_grad=True)
        for i, channels in enumerate(CHANNELS)
    ]


@pytest.mark.parametrize(("decoder", "channels"), [
    (V1Decoder(CHANNELS), 4), (V2Decoder(CHANNELS), 60), (V2pDecoder(CHANNELS, width=8), 8),
])
@pytest.mark.parametrize("size", [(12, 20), (13, 7), (1, 1)])
def test_the_finest_streams_size_stays(
    decoder: Decoder, channels: int, size: tuple[int, int]
) -> None:
    """For each of them."""
    assert decoder.channels == channels
    assert decoder.eval()(streams(*size)).shape == (2, channels, *size)


def test_v1_reads_one_stream_v2_all() -> None:
    """Of four."""
    for decoder, read in ((V1Decoder(CHANNELS), 1), (V2Decoder(CHANNELS), 4),
                          (V2pDecoder(CHANNELS), 4)):
        given = streams()
        decoder(given).square().sum().backward()
        assert [stream.grad is not None for stream in given] == [i < read for i in range(4)]


def test_streams_lie_side_by_side() -> None:
    """The finest as it is, the others brought up."""
    given = streams()
    joined = together(given)
    torch.testing.assert_close(joined[:, :4], given[0])
    up = F.interpolate(given[3], (12, 20), mode="bilinear", align_corners=False)
    torch.testing.assert_close(joined[:, 28:], up)


def test_the_pyramid_halves() -> None:
    """Rounding up, as strides do."""
    levels = FeaturePyramid(CHANNELS, width=6, levels=5).eval()(streams(13, 20))
    assert [tuple(level.shape[1:]) for level in levels] == [
        (6, 13, 20), (6, 7, 10), (6, 4, 5), (6, 2, 3), (6, 1, 2),
    ]


@pytest.mark.parametrize(("name", "millions"), [
    ("hrnet_w18_small", 13.2), ("hrnet_w18_small_v2", 15.6), ("hrnet_w18", 21.3),
    ("hrnet_w30", 37.7), ("hrnet_w32", 41.2), ("hrnet_w40", 57.6), ("hrnet_w44", 67.1),
    ("hrnet_w48", 77.5), ("hrnet_w64", 128.1),
])
def test_the_published_parameter_counts(name: str, millions: float) -> None:
    """With the ImageNet head, as the papers count."""
    with torch.device("meta"):
        trunk = HRNet(SPECS[name])
        parts = (*trunk.parameters(), *ImageNetHead(trunk.channels).parameters())
    assert round(sum(part.numel() for part in parts) / 1e6, 1) == millions


def test_the_classifier_hears_every_stream() -> None:
    """And gives one logit per class."""
    given = streams(16, 24)
    logits = ImageNetHead(CHANNELS, 7)(given)
    assert logits.shape == (2, 7)
    logits.square().sum().backward()
    assert all(stream.grad is not None and stream.grad.any() for stream in given)
