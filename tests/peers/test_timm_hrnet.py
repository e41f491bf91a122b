"""Our HRNets are timm's: the streams, and the class logits through the ImageNet head."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
from torch import nn

from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.hrnet_spec import SPECS
from tag2mask.models.segmenters.hrnet_heads import ImageNetHead

pytestmark = pytest.mark.peers


def scramble(network: nn.Module) -> None:
    """Draw the normalisation too: as built, it would hide half of the layers."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.get_buffer("running_mean"), 0, 0.1)
            nn.init.uniform_(module.get_buffer("running_var"), 0.8, 1.2)
            nn.init.uniform_(module.weight, 0.3, 0.6)
            nn.init.normal_(module.bias, 0, 0.1)


def head_of(network: nn.Module, channels: tuple[int, ...]) -> ImageNetHead:
    """Fill our head with theirs; only the blocks' inner names differ."""
    ours = ImageNetHead(channels)
    names = {f"conv{n}": f"layers.{n - 1}.convolution" for n in (1, 2, 3)}
    names |= {f"bn{n}": f"layers.{n - 1}.norm" for n in (1, 2, 3)}
    names |= {"downsample.0": "shortcut.convolution", "downsample.1": "shortcut.norm"}
    state = {}
    for key, value in network.state_dict().items():
        if key.startswith("incre_modules"):
            _, stream, _, *inner, leaf = key.split(".")
            state[f"incre_modules.{stream}.{names['.'.join(inner)]}.{leaf}"] = value
        elif key.startswith(("downsamp_modules", "final_layer", "classifier")):
            state[key] = value
    ours.load_state_dict(state)
    return ours.eval()


@pytest.mark.parametrize("name", SPECS)
def test_streams_and_logits_are_equal(name: str, timm: ModuleType) -> None:
    """With the same random weights, at a size that is not square."""
    torch.manual_seed(0)
    theirs = timm.create_model(name, pretrained=False).eval()
    scramble(theirs)
    ours = create_backbone(name, weights=theirs.state_dict()).eval()
    images = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        stem = theirs.act1(theirs.bn1(theirs.conv1(images)))
        wanted = theirs.stages(theirs.act2(theirs.bn2(theirs.conv2(stem))))
        found = ours(images)
        logits = head_of(theirs, ours.channels)(found), theirs(images)
    for own, their in zip([*found, logits[0]], [*wanted, logits[1]], strict=True):
        assert their.std() > 0.01
        torch.testing.assert_close(own, their, rtol=1e-4, atol=1e-4 * float(their.abs().max()))
