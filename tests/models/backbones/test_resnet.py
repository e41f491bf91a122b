"""ResNets: the published sizes, the right shapes, and what training leaves alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.measuring import count_parameters

PUBLISHED = {"resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032,
             "resnet101": 44_549_160}
"""Parameters with the ImageNet head, as torchvision and timm count them."""


def drawn(height: int, width: int, batch: int = 1) -> Tensor:
    """Draw normalised images."""
    draw = torch.Generator().manual_seed(height * width)
    return torch.randn(batch, 3, height, width, generator=draw)


def statistics(backbone: nn.Module) -> dict[str, Tensor]:
    """Copy the running statistics."""
    return {k: v.clone() for k, v in backbone.state_dict().items() if "running" in k}


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    """Weights as if published, with the head, and in which every block does something."""
    torch.manual_seed(0)
    state = dict(create_backbone("resnet18").state_dict())
    for key, value in state.items():
        if value.ndim == 1 and key.endswith("weight"):
            state[key] = torch.full_like(value, 0.7)
    return state | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_trunk_and_head_have_the_published_size(name: str) -> None:
    """The head is one linear layer of 1,000 classes."""
    with torch.device("meta"):
        backbone = create_backbone(name)
    head = 1000 * backbone.channels[-1] + 1000
    assert count_parameters(backbone) + head == PUBLISHED[name]


@pytest.mark.parametrize(("name", "output_stride"), [
    ("resnet18", 8), ("resnet18", 16), ("resnet18", 32), ("resnet50", 8), ("resnet50", 32),
])
def test_features_have_the_declared_shapes(name: str, output_stride: int) -> None:
    """Five of them, at any size, with a cell for the last pixel too."""
    with torch.device("meta"):
        backbone = create_backbone(name, output_stride=output_stride)
    assert backbone.strides == tuple(min(s, output_stride) for s in (2, 4, 8, 16, 32))
    for size in ((33, 64), (1, 1)):
        features = backbone(torch.empty(2, 3, *size, device="meta"))
        wanted = [(2, width, -(-size[0] // stride), -(-size[1] // stride))
                  for width, stride in zip(backbone.channels, backbone.strides, strict=True)]
        assert [tuple(feature.shape) for feature in features] == wanted


@pytest.mark.parametrize("output_stride", [8, 16])
def test_dilation_sees_what_stride_saw(output_stride: int, weights: dict[str, Tensor]) -> None:
    """Every other cell of the dilated network is the strided network's, away from the border."""
    images = drawn(96, 128)
    nets = [create_backbone("resnet18", weights=weights, output_stride=s).eval()
            for s in (32, output_stride)]
    with torch.inference_mode():
        strided, dilated = (net(images)[-1] for net in nets)
    ratio = 32 // output_stride
    assert strided.abs().max() > 0.1
    torch.testing.assert_close(dilated[..., ::ratio, ::ratio], strided, rtol=1e-3, atol=1e-4)


def test_fixed_statistics_stay_with_weights_and_are_learnt_without(
    weights: dict[str, Tensor]
) -> None:
    """A small batch measures them worse than ImageNet did; from scratch there are no others."""
    for given in (weights, None):
        backbone = create_backbone("resnet18", weights=given)
        assert backbone.fixed_statistics is (given is not None)
        before = statistics(backbone)
        backbone.eval().train()(drawn(48, 64, batch=2))
        same = [torch.equal(before[k], v) for k, v in statistics(backbone).items()]
        assert all(same) if given else not any(same)


@pytest.mark.parametrize("blocks", [0, 3, 8])
def test_frozen_blocks_do_not_learn(blocks: int) -> None:
    """Neither weights nor statistics of the stem and the first blocks; the rest does."""
    backbone = create_backbone("resnet18")
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    before = statistics(backbone)
    backbone.freeze(blocks)
    features = backbone(drawn(48, 64, batch=2))
    names = [f"layer{1 + i // 2}.{i % 2}." for i in range(8)]
    frozen = ("conv1.", "bn1.", *names[:blocks]) if blocks else ()
    for key, value in statistics(backbone).items():
        assert torch.equal(value, before[key]) is key.startswith(frozen)
    if blocks < len(names):
        features[-1].sum().backward()
    for key, parameter in backbone.named_parameters():
        assert (parameter.grad is None) is key.startswith(frozen), key


def test_it_starts_as_nearly_the_identity() -> None:
    """A block adds nothing at first, so that a hundred layers train from scratch."""
    features = create_backbone("resnet50").train()(drawn(48, 64, batch=2))
    assert all(0.05 < feature.detach().std() < 5 for feature in features)


def test_mistakes_are_told() -> None:
    """With the limits."""
    with pytest.raises(InputError, match="8, 16 and 32"):
        create_backbone("resnet18", output_stride=4)
    for blocks in (9, -1):
        with pytest.raises(InputError, match=f"{blocks} blocks cannot be frozen: there are 8"):
            create_backbone("resnet18").freeze(blocks)
