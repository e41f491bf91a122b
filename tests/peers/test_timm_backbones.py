"""Models of timm are backbones: features at their strides, filled, frozen, saved and exported."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file

from tag2mask.core.contracts import InputError
from tag2mask.maps import activate
from tag2mask.models.backbones import BACKBONES, create_backbone
from tag2mask.models.classifiers import Classifier
from tag2mask.models.heads.head import ClassHead
from tag2mask.models.segmenters import create_segmenter
from tag2mask.prediction.export import export_onnx

pytestmark = pytest.mark.peers

MODELS = {
    "timm:resnet10t": ((2, 4, 8, 16, 16), 16), "timm:convnext_atto": ((4, 8, 16, 16), 16),
    "timm:vit_tiny_patch16_224": ((16, 16), 16),
    "timm:swin_tiny_patch4_window7_224": ((4, 8, 16, 32), 32),
}


@pytest.mark.parametrize("name", MODELS)
def test_features_have_their_strides(name: str, timm: ModuleType) -> None:
    """Of images wider than high; mean and deviation are those of the model's configuration."""
    torch.manual_seed(0)
    strides, stride = MODELS[name]
    entry, backbone = BACKBONES.get(name), create_backbone(name).eval()
    assert (backbone.strides, backbone.output_stride, entry.output_stride) == \
        (strides, stride, stride)
    features = backbone(torch.randn(1, 3, 64, 96))
    for feature, channels, each in zip(features, backbone.channels, strides, strict=True):
        assert feature.shape == (1, channels, 64 // each, 96 // each)
    config = timm.get_pretrained_cfg(name.removeprefix("timm:"))
    assert backbone.pixel_mean == entry.pixel_mean == tuple(255 * v for v in config.mean)
    assert backbone.pixel_std == tuple(255 * v for v in config.std)
    backbone.freeze(entry.early_blocks)
    trained = [p.requires_grad for p in backbone.parameters()]
    assert 0 < sum(trained) < len(trained)


@pytest.mark.parametrize("name", list(MODELS)[:3])
def test_published_weights_fill_it_without_their_head(
    name: str, timm: ModuleType, tmp_path: Path
) -> None:
    """And statistics stay as they are."""
    model = timm.create_model(name.removeprefix("timm:"), num_classes=7).eval()
    save_file(model.state_dict(), tmp_path / "w.safetensors")
    backbone = create_backbone(name, weights=tmp_path / "w.safetensors")
    own = backbone.state_dict()
    assert all(torch.equal(own[f"net.{k}"], v) for k, v in model.state_dict().items()
               if f"net.{k}" in own)
    assert backbone.fixed_statistics
    norms = [m for m in backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert not any(norm.training for norm in norms)


def test_a_class_token_is_read_by_attention(timm: ModuleType) -> None:
    """Maps of the patches' size."""
    backbone = create_backbone("timm:vit_tiny_patch16_224")
    model = Classifier(backbone, ClassHead(backbone.evidence_channels, 3)).eval()
    for method in ("cam", "grad_cam", "attention"):
        assert activate(model, torch.randn(2, 3, 64, 96), method=method).shape == (2, 3, 4, 6)


def test_what_is_not_there_is_said(timm: ModuleType) -> None:
    """A model, and a stride."""
    with pytest.raises(InputError, match="timm has no model 'resnet19'; did you mean"):
        create_backbone("timm:resnet19")
    with pytest.raises(InputError, match="has output stride 16, 8 is not possible"):
        create_backbone("timm:vit_tiny_patch16_224", output_stride=8)


@pytest.mark.parametrize("name", list(MODELS)[:3])
def test_it_is_exported(name: str, timm: ModuleType, tmp_path: Path) -> None:
    """Within a network, which is compared with torch at another size before it is kept."""
    torch.manual_seed(0)
    network = create_segmenter("dilated_aspp", num_labels=3, encoder=create_backbone(name))
    export_onnx(network, tmp_path / "m.onnx", {})
    assert (tmp_path / "m.onnx").exists()
