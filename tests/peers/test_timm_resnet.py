"""Our ResNets are timm's, feature by feature."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
from torch import nn

from tag2mask.models.backbones import create_backbone

pytestmark = pytest.mark.peers


def scramble(network: nn.Module) -> None:
    """Draw the normalisation too: as built, it would hide half of the layers."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.3, 0.9)
            nn.init.normal_(module.bias, 0, 0.1)


@pytest.mark.parametrize("output_stride", [32, 16, 8])
@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101"])
def test_features_are_equal(name: str, output_stride: int, timm: ModuleType) -> None:
    """With the same weights, under the same names, at a size that no stride divides."""
    torch.manual_seed(0)
    theirs = timm.create_model(
        name, pretrained=False, features_only=True, output_stride=output_stride
    ).eval()
    scramble(theirs)
    ours = create_backbone(name, weights=theirs.state_dict(), output_stride=output_stride).eval()
    images = torch.randn(2, 3, 75, 98)
    with torch.inference_mode():
        wanted, found = theirs(images), ours(images)
    assert list(ours.channels) == theirs.feature_info.channels()
    assert list(ours.strides) == theirs.feature_info.reduction()
    for own, their in zip(found, wanted, strict=True):
        assert their.std() > 0.01
        torch.testing.assert_close(own, their, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101"])
def test_a_whole_model_of_theirs_loads(name: str, timm: ModuleType) -> None:
    """As they publish it, with its head, which is left out."""
    state = timm.create_model(name, pretrained=False).state_dict()
    assert "fc.weight" in state
    ours = create_backbone(name, weights=state)
    assert all(torch.equal(value, state[key]) for key, value in ours.state_dict().items()
               if not key.endswith("num_batches_tracked"))
