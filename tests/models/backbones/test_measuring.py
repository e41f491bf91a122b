"""Parameters and multiply-adds, against numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.measuring import count_macs, count_parameters, shapes_only

CASES = [  # layer, channels in, multiply-adds on 7 x 10 pixels, parameters
    pytest.param(nn.Conv2d(3, 5, 3, padding=1), 3, 7 * 10 * 5 * 3 * 9, 5 * 3 * 9 + 5, id="conv"),
    pytest.param(nn.Conv2d(3, 4, 3, 2, bias=False), 3, 3 * 4 * 4 * 3 * 9, 4 * 3 * 9, id="strided"),
    pytest.param(nn.Conv2d(6, 9, (1, 3), groups=3), 6, 7 * 8 * 9 * 2 * 3, 9 * 2 * 3 + 9,
                 id="grouped"),
    pytest.param(nn.Sequential(nn.Flatten(), nn.Linear(140, 11)), 2, 140 * 11, 140 * 11 + 11,
                 id="linear"),
    pytest.param(nn.ConvTranspose2d(2, 3, 2, 2), 2, 7 * 10 * 2 * 3 * 4, 2 * 3 * 4 + 3,
                 id="transposed"),
    pytest.param(nn.Sequential(nn.BatchNorm2d(2), nn.ReLU()), 2, 0, 4, id="per value"),
]


@pytest.mark.parametrize(("module", "channels", "macs", "parameters"), CASES)
def test_small_layers(module: nn.Module, channels: int, macs: int, parameters: int) -> None:
    """Each kind that networks here are made of; bias and normalisation are not counted as work."""
    assert count_macs(module, (7, 10), channels=channels) == macs
    assert count_parameters(module) == parameters


def test_resnet50_has_the_published_work() -> None:
    """4.1 thousand million at 224 x 224 (torchvision tells 4.09 with the head's two million)."""
    with torch.device("meta"):
        backbone = create_backbone("resnet50", output_stride=32)
    assert count_macs(backbone, (224, 224)) + 2048 * 1000 == 4_089_184_256


def test_efficientnet_lite0_adds_up() -> None:
    """Row by row of the paper's table; its convolutions are no layers that a hook could see."""
    rows = [  # kernel, stride, expansion, width out
        (3, 1, 1, 16), (3, 2, 6, 24), (3, 1, 6, 24), (5, 2, 6, 40), (5, 1, 6, 40), (3, 2, 6, 80),
        (3, 1, 6, 80), (3, 1, 6, 80), (5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112),
        (5, 2, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (3, 1, 6, 320),
    ]
    cells, width = 48 * 32, 32
    wanted = cells * 27 * width
    for kernel, stride, expansion, out in rows:
        inner = width * expansion
        wanted += cells * width * inner if expansion > 1 else 0
        cells //= stride**2
        wanted += cells * inner * (kernel**2 + out)
        width = out
    with torch.device("meta"):
        backbone = create_backbone("efficientnet_lite0", output_stride=32)
    assert count_macs(backbone, (96, 64)) == wanted + cells * width * 1280


def test_the_module_is_left_as_it_is() -> None:
    """Its mode, its device, its numbers and what is folded; dilation costs what it should."""
    backbone = create_backbone("resnet18", output_stride=16)
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    work = count_macs(backbone, (96, 64))
    assert backbone.training
    for key, value in backbone.state_dict().items():
        assert torch.equal(value, before[key])
    assert work > count_macs(create_backbone("resnet18", output_stride=32), (96, 64))


@pytest.mark.parametrize("name", ["resnet18", "hrnet_w18_small", "vit_ti16"])
def test_shapes_are_those_of_the_network_itself(name: str) -> None:
    """With its names and what learns, and no numbers."""
    with shapes_only():
        shapes = create_backbone(name)
    assert all(value.is_meta for value in shapes.state_dict().values())
    for (key, shape), (wanted, value) in zip(
        shapes.named_parameters(), create_backbone(name).named_parameters(), strict=True
    ):
        assert (key, shape.shape, shape.requires_grad) == (wanted, value.shape, value.requires_grad)
