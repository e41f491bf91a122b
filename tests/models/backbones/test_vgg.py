"""VGG-16: the published layers under their published names, at three output strides."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.models.backbones.vgg import ENTRIES, VGG, VGG16, VGG16_BN, VGGSpec

NARROW = VGGSpec(width=1 / 16)
NARROW_BN = VGGSpec(width=1 / 16, batch_norm=True)
CONVOLUTIONS = (0, 2, None, 5, 7, None, 10, 12, 14, None, 17, 19, 21, None, 24, 26, 28, None)
"""The published places of the layers in `features`; None is a pooling."""


def literal(state: dict[str, Tensor], images: Tensor) -> list[Tensor]:
    """Compute the features as published, layer by layer."""
    features, result = [], images
    for place in CONVOLUTIONS:
        if place is None:
            features.append(result)
            result = F.max_pool2d(result, 2)
        else:
            weight, bias = state[f"features.{place}.weight"], state[f"features.{place}.bias"]
            result = F.relu(F.conv2d(result, weight, bias, padding=1))
    return [*features, result]


def count(spec: VGGSpec) -> int:
    """Count the parameters, without any memory for them."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in VGG(spec).parameters())


@pytest.mark.parametrize(("spec", "published"), [(VGG16, 138_357_544), (VGG16_BN, 138_365_992)])
def test_the_published_count(spec: VGGSpec, published: int) -> None:
    """With the ImageNet classifier, whose three layers are counted here."""
    sides = (512 * 7 * 7, 4096, 4096, 1000)
    classifier = sum((a + 1) * b for a, b in pairwise(sides))
    assert count(spec) + classifier == published


def test_it_equals_the_published_layers() -> None:
    """Every feature, from the weights under torchvision's and timm's names."""
    backbone = VGG(NARROW).eval()
    images = torch.randn(2, 3, 32, 64)
    with torch.inference_mode():
        pairs = zip(backbone(images), literal(backbone.state_dict(), images), strict=True)
        for found, wanted in pairs:
            torch.testing.assert_close(found, wanted)


def test_normalisation_keeps_the_published_names() -> None:
    """Three places per convolution instead of two."""
    names = VGG(NARROW_BN).state_dict()
    assert {"features.0.weight", "features.1.running_mean", "features.40.bias"} <= names.keys()
    assert names["features.7.weight"].shape == (8, 4, 3, 3)


@pytest.mark.parametrize("output_stride", [8, 16, 32])
@pytest.mark.parametrize("size", [(1, 1), (33, 50), (64, 31)])
def test_any_size_and_stride(output_stride: int, size: tuple[int, int]) -> None:
    """Features are as declared, and each has a cell for the last pixel too."""
    backbone = VGG(NARROW, output_stride=output_stride).eval()
    with torch.inference_mode():
        features = backbone(torch.randn(1, 3, *size))
    assert backbone.strides[-1] == output_stride
    assert tuple(feature.shape[1] for feature in features) == backbone.channels
    wanted = [(-(-size[0] // s), -(-size[1] // s)) for s in backbone.strides]
    assert [tuple(feature.shape[-2:]) for feature in features] == wanted


def reach(backbone: VGG) -> int:
    """Measure how many rows a cell in the middle of the fifth stage depends on."""
    for layer in backbone.features:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.constant_(layer.weight, 0.1)
    images = torch.rand(1, 3, 224, 32, requires_grad=True)
    feature = backbone(images)[4]
    feature[0, 0, feature.shape[2] // 2].sum().backward()
    assert images.grad is not None
    rows = images.grad[0].abs().sum((0, 2)).nonzero()
    return int(rows.max() - rows.min()) + 1


def test_dilation_sees_as_far_as_the_pooling_it_stands_for() -> None:
    """Twice as many cells, each depending on 188 rows, not 196; without dilation it would be 140.

    Poolings pass only the largest value on, so that a few rows at the ends may be missed.
    """
    for output_stride, rows in ((16, 196), (8, 188)):
        assert rows - 20 <= reach(VGG(NARROW, output_stride=output_stride)) <= rows


def test_switches_tell_where_each_maximum_was() -> None:
    """The feature before a pooling has, at the switch, the value after it."""
    backbone = VGG(NARROW_BN).eval()
    with torch.inference_mode():
        features, switches = backbone.forward_with_switches(torch.randn(2, 3, 33, 60))
        plain = backbone(torch.randn(2, 3, 33, 60))
    assert [f.shape[-2:] for f in features] == [(64 // s, 64 // s) for s in backbone.strides]
    assert plain[0].shape[-2:] == (33, 60)
    assert len(switches) == 5
    for feature, switch in zip(features[:-1], switches, strict=True):
        taken = feature.flatten(2).gather(2, switch.flatten(2)).view(switch.shape)
        torch.testing.assert_close(taken, F.max_pool2d(feature, 2))
    torch.testing.assert_close(features[-1], F.max_pool2d(features[-2], 2))


def test_frozen_blocks_do_not_learn() -> None:
    """Neither their weights nor their statistics; the rest does, at a batch of one too."""
    backbone = VGG(NARROW_BN).train()
    backbone.freeze(3)
    backbone.train()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    backbone(torch.randn(1, 3, 20, 33))[-1].square().sum().backward()
    frozen = tuple(f"features.{place}." for place in (0, 1, 3, 4, 7, 8))
    for name, parameter in backbone.named_parameters():
        assert (parameter.grad is None) == name.startswith(frozen), name
    for key, value in backbone.state_dict().items():
        if key.endswith("running_mean"):
            assert torch.equal(value, before[key]) == key.startswith(frozen), key


def test_the_imagenet_classifier_is_left_out() -> None:
    """Whoever published the weights."""
    state = dict(VGG(NARROW).state_dict())
    given = state | {"classifier.0.weight": torch.zeros(1), "pre_logits.fc1.bias": torch.zeros(1)}
    assert ENTRIES["vgg16"].read(given).keys() == state.keys()


def test_mistakes_are_told() -> None:
    """With the limits."""
    assert {"vgg16", "vgg16_bn"} <= set(BACKBONES.names())
    assert create_backbone("vgg16_bn_quarter", output_stride=8).channels[-1] == 128
    with pytest.raises(InputError, match="8, 16 and 32"):
        VGG(NARROW, output_stride=4)
    with pytest.raises(InputError, match="14 blocks cannot be frozen: there are 13"):
        VGG(NARROW).freeze(14)
