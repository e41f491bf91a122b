"""Checkpoints are read as training scripts save them, and what does not fit is counted."""

from __future__ import annotations

import warnings
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.weights import load_fitting, read_state
from tag2mask.models.classifiers.foreign import load_foreign
from tag2mask.models.segmenters import create_segmenter

IMAGES = torch.randn(1, 3, 33, 47, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def trunk() -> dict[str, Tensor]:
    """A state dict of a backbone, by its published names."""
    torch.manual_seed(1)
    return create_backbone("resnet18").state_dict()


def prefixed(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Put a prefix before every name."""
    return {prefix + name: value.clone() for name, value in state.items()}


def same(name: str, weights: object, state: dict[str, Tensor]) -> bool:
    """Whether a backbone that was filled computes what its state dict says."""
    filled = create_backbone(name, weights=weights)  # type: ignore[arg-type]
    return all(torch.equal(value, state[key]) for key, value in filled.state_dict().items())


@pytest.mark.parametrize("prefix", [
    "module.", "model.", "_orig_mod.", "backbone.", "encoder.", "module._orig_mod.model.",
    "model.backbone.", "_orig_mod.module.", "encoder.module.", "net.image_encoder.trunk.",
])
def test_any_prefix_is_taken_off(
    prefix: str, trunk: dict[str, Tensor], tmp_path: Path
) -> None:
    """Known, stacked in any order or unknown; no word is said where nothing is left over."""
    save_file(prefixed(trunk, prefix), tmp_path / "w.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same("resnet18", tmp_path / "w.safetensors", trunk)


def test_a_prefix_before_names_that_are_translated() -> None:
    """HRNet and EfficientNet rename published weights, which need their own names for that."""
    for name in ("hrnet_w18_small", "efficientnet_lite0"):
        own = create_backbone(name, weights="pretrained" if "lite" in name else None).state_dict()
        assert same(name, prefixed(own, "module.backbone."), own)


@pytest.mark.parametrize("wrapped", [
    lambda s: {"state_dict": s}, lambda s: {"model": s, "epoch": 3, "args": Namespace(lr=0.1)},
    lambda s: {"ema": {"module": s, "updates": 3}}, lambda s: {"model_ema": s, "model": None},
    lambda s: {"model": {"state_dict": prefixed(s, "module.")}, "optimizer": {"state": {0: s}}},
    lambda s: {"backbone": s}, lambda s: {"teacher": prefixed(s, "backbone.")},
])
def test_wrappers_are_opened(
    wrapped: object, trunk: dict[str, Tensor], tmp_path: Path
) -> None:
    """With settings, optimisers and counters beside them, and without running code."""
    torch.save(wrapped(trunk), tmp_path / "w.pth")  # type: ignore[operator]
    assert same("resnet18", tmp_path / "w.pth", trunk)


def test_averaged_weights_are_taken_with_a_word(
    trunk: dict[str, Tensor], tmp_path: Path
) -> None:
    """As those that a training evaluates."""
    other = {name: value + 1 for name, value in trunk.items()}
    torch.save({"model": other, "model_ema": trunk}, tmp_path / "w.pth")
    with pytest.warns(UserWarning, match="model_ema, model; model_ema is used"):
        assert same("resnet18", tmp_path / "w.pth", trunk)
    both = prefixed(other, "student.backbone.") | prefixed(trunk, "teacher.backbone.")
    with pytest.warns(UserWarning, match=r"'teacher\.backbone\.' are used; 100 others"):
        assert same("resnet18", both, trunk)
    with pytest.raises(InputError, match=r"2 sets of tensors that fit alike, under left\., right"):
        create_backbone("resnet18", weights=prefixed(other, "left.") | prefixed(trunk, "right."))


def test_what_is_beside_a_backbone_is_counted(trunk: dict[str, Tensor]) -> None:
    """And named."""
    state = prefixed(trunk, "backbone.")
    state |= {f"decode_head.{i}.weight": torch.ones(2) for i in range(5)}
    with pytest.warns(UserWarning, match=r"5 others are left out \(decode_head\.0\.weight, "):
        assert same("resnet18", state, trunk)


def test_half_a_backbone_is_refused(trunk: dict[str, Tensor]) -> None:
    """With numbers and names, also under a prefix."""
    half = {name: value for name, value in trunk.items() if not name.startswith("layer4")}
    lost = sum(name.startswith("layer4") and "num_b" not in name for name in trunk)
    for prefix in ("", "module."):
        with pytest.raises(InputError, match=rf"{lost} of 100 are missing \(layer4\.0\.bn1\.bias"):
            create_backbone("resnet18", weights=prefixed(half, prefix))


def test_a_module_that_has_the_prefix_itself() -> None:
    """Names without it are completed."""
    module = nn.ModuleDict({"model": nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))})
    state = {"0.weight": torch.ones(2, 3), "0.bias": torch.ones(2),
             "1.weight": torch.ones(1, 2), "1.bias": torch.ones(1)}
    for given in (state, prefixed(state, "model."), prefixed(state, "module.")):
        nn.init.zeros_(module["model"][0].weight)  # type: ignore[index]
        load_fitting(module, given, "w")
        assert all(bool((value == 1).all()) for value in module.state_dict().values())


def test_segmenters_and_class_layers_too(tmp_path: Path) -> None:
    """The network of a distributed training; a class layer beside the backbone."""
    torch.manual_seed(0)
    encoder = create_backbone("vgg16_bn_quarter", output_stride=32)
    first = create_segmenter("segnet", num_labels=3, encoder=encoder).eval()
    second = create_segmenter(
        "segnet", num_labels=3, encoder=create_backbone("vgg16_bn_quarter", output_stride=32),
        weights=prefixed(first.state_dict(), "module."),
    ).eval()
    torch.testing.assert_close(second(IMAGES), first(IMAGES))
    backbone, head = create_backbone("resnet18").eval(), nn.Linear(512, 7)
    state = prefixed(backbone.state_dict(), "backbone.") | prefixed(head.state_dict(), "head.fc.")
    save_file(state, tmp_path / "w.safetensors")
    torch.testing.assert_close(load_foreign("resnet18", tmp_path / "w.safetensors")(IMAGES),
                               head(backbone(IMAGES)[-1].mean((2, 3))))


def test_a_file_without_weights_says_what_it_holds(tmp_path: Path) -> None:
    """By the first names in it."""
    torch.save({"epoch": 3, "best": 0.5}, tmp_path / "w.pth")
    with pytest.raises(InputError, match="holds no state dict but epoch, best"):
        read_state(tmp_path / "w.pth")
