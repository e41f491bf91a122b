"""Classifiers from elsewhere are built by name or function, and filled from files that are safe."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.classifiers.foreign import load_foreign

HOME = """from torch import nn

def build():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
"""


def test_a_published_classifier_keeps_its_class_layer(tmp_path: Path) -> None:
    """A backbone's state dict with `fc`, as torchvision and timm publish it."""
    torch.manual_seed(0)
    backbone, head = create_backbone("resnet18").eval(), nn.Linear(512, 7)
    state = backbone.state_dict() | {f"fc.{key}": value for key, value in head.state_dict().items()}
    for file, save in (("w.safetensors", save_file), ("w.pth", torch.save)):
        save(state, tmp_path / file)
        model = load_foreign("resnet18", tmp_path / file)
        images = torch.randn(2, 3, 33, 47)
        torch.testing.assert_close(model(images), head(backbone(images)[-1].mean((2, 3))))
        assert not model.training


def test_the_packaged_backbone_brings_its_thousand_classes() -> None:
    """With the weights that are always there."""
    assert load_foreign("efficientnet_lite0", "pretrained")(torch.zeros(1, 3, 32, 32)).shape \
        == (1, 1000)


def test_a_function_gives_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("their_models.py").write_text(HOME, encoding="utf-8")
    weights = {"0.weight": torch.ones(4, 3, 3, 3), "0.bias": torch.zeros(4)}
    save_file(weights, "w.safetensors")
    assert load_foreign("their_models:build", "w.safetensors")(torch.ones(1, 3, 4, 4)).max() == 27


def test_mistakes_are_told(tmp_path: Path) -> None:
    """A model that is not there, weights without a class layer, and code in a file of weights."""
    save_file({k: v.clone() for k, v in create_backbone("resnet18").state_dict().items()},
              tmp_path / "trunk.safetensors")
    torch.save(nn.Linear(2, 2), tmp_path / "pickled.pth")
    for model, weights, told in [
        ("resnet19", "pretrained", "did you mean"),
        ("resnet18", tmp_path / "trunk.safetensors", "no linear class layer"),
        ("resnet18", tmp_path / "pickled.pth", "read safely"),
        ("no_such_module:build", tmp_path / "trunk.safetensors", "module:function"),
        ("torch.nn:lost", tmp_path / "trunk.safetensors", "module:function"),
        ("builtins:dict", tmp_path / "trunk.safetensors", "no torch module"),
    ]:
        with pytest.raises(InputError, match=told):
            load_foreign(model, weights)
