"""What is left out of published files, what is renamed, and that nothing else is forgiven."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.models.backbones.efficientnet_lite import translate


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    """A ResNet-18 as published, with its head."""
    state = dict(create_backbone("resnet18").state_dict())
    return state | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}


@pytest.mark.parametrize("name", BACKBONES.names())
def test_an_entry_says_what_the_backbone_says(name: str) -> None:
    """Of the pixels; and where there are weights, what they are and where from."""
    entry = BACKBONES.get(name)
    with torch.device("meta"):
        backbone = create_backbone(name)
    assert entry.pixel_mean == backbone.pixel_mean
    assert entry.pixel_std == backbone.pixel_std
    assert (entry.pretrained is None) == (entry.origin == "no")
    assert len(backbone.channels) == len(backbone.strides)


def test_the_head_alone_is_left_out(published: dict[str, Tensor]) -> None:
    """Another tensor too many, or one that lacks, is named."""
    create_backbone("resnet18", weights=published)
    with pytest.raises(InputError, match=r"tensor layer5\.weight too many"):
        create_backbone("resnet18", weights=published | {"layer5.weight": torch.zeros(1)})
    with pytest.raises(InputError, match=r"tensor head\.weight too many"):
        create_backbone("resnet18", weights=published | {"head.weight": torch.zeros(1)})
    lacking = {key: value for key, value in published.items() if key != "layer2.0.bn1.running_var"}
    with pytest.raises(InputError, match=r"lacks the tensor layer2\.0\.bn1\.running_var"):
        create_backbone("resnet18", weights=lacking)


def test_unknown_keys_survive_the_renaming() -> None:
    """So that strict loading can name them; our own names pass."""
    one = torch.zeros(1)
    keys = {
        "_blocks.3._bn1.bias": "blocks.3.depthwise.norm.bias", "_bn1.bias": "head.norm.bias",
        "_blocks.3._se.bias": "_blocks.3._se.bias", "_blocks.x": "_blocks.x", "odd": "odd",
        "_conv_odd.weight": "_conv_odd.weight", "stem.norm.bias": "stem.norm.bias",
    }
    assert list(translate(dict.fromkeys(keys, one))) == list(keys.values())


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_float32(
    kind: torch.dtype, published: dict[str, Tensor], tmp_path: Path
) -> None:
    """In the module, value by value."""
    half = {k: v.to(kind) if v.is_floating_point() else v for k, v in published.items()}
    save_file(half, tmp_path / "half.safetensors")
    backbone = create_backbone("resnet18", weights=tmp_path / "half.safetensors")
    for key, value in backbone.state_dict().items():
        if value.is_floating_point():
            assert value.dtype == torch.float32
            assert torch.equal(value, half[key].float())


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_named(
    bad: float, published: dict[str, Tensor], tmp_path: Path
) -> None:
    """With tensor and file."""
    spoilt = published["layer3.1.conv2.weight"].clone()
    spoilt[1, 2, 0, 1] = bad
    save_file(published | {"layer3.1.conv2.weight": spoilt}, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match=r"w\.safetensors: .* layer3\.1\.conv2\.weight holds NaN"):
        create_backbone("resnet18", weights=tmp_path / "w.safetensors")


@pytest.mark.parametrize("kind", [torch.int8, torch.complex64])
def test_other_kinds_of_numbers_are_refused(
    kind: torch.dtype, published: dict[str, Tensor]
) -> None:
    """Quantised weights would be read as whole numbers."""
    state = published | {"conv1.weight": published["conv1.weight"].to(kind)}
    with pytest.raises(InputError, match=rf"conv1\.weight is of {kind}"):
        create_backbone("resnet18", weights=state)
