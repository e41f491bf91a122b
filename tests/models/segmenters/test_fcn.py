"""FCN: scores of several strides, each doubled and added to the next."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.vgg import VGG, VGG16
from tag2mask.models.segmenters.fcn import FCN_8S, FCN_16S, FCN_32S, FCNDecoder, FCNSpec, build_fcn

CHANNELS, STRIDES = (4, 5, 6, 7), (8, 16, 16, 32)


def features() -> list[Tensor]:
    """Draw features of those channels and strides, of a photo of 64x96."""
    pairs = zip(CHANNELS, STRIDES, strict=True)
    return [torch.randn(2, width, 64 // s, 96 // s, requires_grad=True) for width, s in pairs]


def decoder(spec: FCNSpec) -> FCNDecoder:
    """Draw the decoder for three labels."""
    return FCNDecoder(CHANNELS, STRIDES, 3, spec=spec)


def test_16s_is_32s_plus_the_score_at_stride_16() -> None:
    """Section 3.3, written out, on the last feature of that stride."""
    network, given = decoder(FCN_16S), features()
    torch.nn.init.normal_(network.scores[1].get_parameter("weight"))
    coarse = FCNDecoder(CHANNELS, STRIDES, 3, spec=FCN_32S)
    coarse.scores[0].load_state_dict(network.scores[0].state_dict())
    doubled = F.conv_transpose2d(
        coarse(given), network.doublings[0].get_parameter("weight"), stride=2, padding=1
    )
    torch.testing.assert_close(network(given), doubled + network.scores[1](given[2]))


def test_it_starts_as_the_coarser_one() -> None:
    """Scores of finer strides begin at zero, and doubling is bilinear inside the border."""
    network, given = decoder(FCN_16S), features()
    twice = F.interpolate(network.scores[0](given[3]), scale_factor=2, mode="bilinear")
    torch.testing.assert_close(network(given)[..., 1:-1, 1:-1], twice[..., 1:-1, 1:-1])
    assert decoder(FCN_8S)(given).shape == (2, 3, 8, 12)


@pytest.mark.parametrize("spec", [FCN_32S, FCN_16S, FCN_8S, FCNSpec(strides=(16, 8), hidden=9)])
def test_every_scored_feature_is_heard(spec: FCNSpec) -> None:
    """And only those; a gradient reaches every parameter."""
    network, given = decoder(spec).eval(), features()
    for score in network.scores:
        torch.nn.init.normal_(score.get_parameter("weight"))
    network(given).square().sum().backward()
    heard = [stride for stride, f in zip(STRIDES, given, strict=True) if f.grad is not None]
    assert sorted(heard, reverse=True) == list(spec.strides)
    assert given[1].grad is None  # not the last of its stride
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_the_published_count() -> None:
    """134 M for an FCN over VGG-16 with fc6 and fc7 (table 1), 21 labels.

    The doublings add 14,112: kernels of 4x4 between any two labels.
    """
    with torch.device("meta"):
        spec = FCNSpec(strides=(32, 16, 8), hidden=4096)
        network = build_fcn(VGG(VGG16), 21, spec=spec)
        count = sum(parameter.numel() for parameter in network.parameters())
    fully_connected = (512 * 49 + 1) * 4096 + (4096 + 1) * 4096
    scores = 21 * (4096 + 512 + 512 + 3)
    assert count == 14_714_688 + fully_connected + scores + 2 * 21 * 21 * 16
    assert count // 10**6 == 134


def test_a_missing_stride_is_told() -> None:
    """With the output stride to take."""
    with pytest.raises(InputError, match=r"stride 32.*take output stride 32"):
        FCNDecoder((4, 5), (8, 16), 3, spec=FCN_8S)
