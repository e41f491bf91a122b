"""Maps agree with the packages grad-cam and torchcam, where those compute what the papers say."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from importlib import import_module

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision_shim import make_importable

from tag2mask.maps import activate

LAYERS = ("layer3", "layer4")


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    """A ResNet-18 of timm's with five classes, whose logits are far from 0."""
    make_importable()
    torch.manual_seed(0)
    made = import_module("timm").create_model("resnet18", num_classes=5).eval()
    made.fc.bias.data += 3
    return made


@pytest.fixture(scope="module")
def images() -> Tensor:
    """Two, wider than high."""
    return torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))


def stretched(maps: np.ndarray) -> np.ndarray:
    """Stretch each map to 0..1, as grad-cam does with its own."""
    low, high = (edge(maps, (-2, -1), keepdims=True) for edge in (np.min, np.max))
    return (maps - low) / np.maximum(high - low, 1e-7)


@pytest.mark.peers
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("method", "theirs"), [
    ("grad_cam", "GradCAM"), ("grad_cam_pp", "GradCAMPlusPlus"), ("layer_cam", "LayerCAM"),
    ("hires_cam", "HiResCAM"), ("xgrad_cam", "XGradCAM"), ("score_cam", "ScoreCAM"),
    ("ablation_cam", "AblationCAM"),
])
def test_maps_are_those_of_grad_cam(
    model: torch.nn.Module, images: Tensor, method: str, theirs: str, layer: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before theirs are enlarged, which they do in a way of their own."""
    monkeypatch.setattr(torch.nn, "UpsamplingBilinear2d", partial(  # theirs aligns corners
        torch.nn.Upsample, mode="bilinear", align_corners=False))
    if method == "grad_cam_pp":
        model = deepcopy(model)
        model.fc.weight.data *= 1000  # beside smaller gradients their epsilon counts
    package, targets = import_module("pytorch_grad_cam"), import_module(
        "pytorch_grad_cam.utils.model_targets")
    ours = activate(model, images, method=method, layer=layer, classes=[3, 1], normalise="none")
    for row, label in enumerate([3, 1]):
        with getattr(package, theirs)(model, [model.get_submodule(layer)]) as reader:
            reader.get_target_width_height = lambda _: (ours.shape[3], ours.shape[2])
            found = reader(images, [targets.ClassifierOutputTarget(label)] * 2)
        np.testing.assert_allclose(stretched(ours[:, row].numpy()), found, atol=1e-4)


@pytest.mark.peers
def test_eigen_cam_is_theirs_of_centred_channels(model: torch.nn.Module, images: Tensor) -> None:
    """They take the channels' means away first, of which the paper says nothing."""
    eigen_cam = import_module("tag2mask.maps.eigen_cam")
    project = import_module("pytorch_grad_cam.utils.svd_on_activations").get_2d_projection
    feature = model.forward_features(images).detach()
    centred = feature - feature.mean((2, 3), keepdim=True)
    ours, theirs = eigen_cam.first_component(centred).numpy(), project(feature.numpy())
    signs = np.sign((ours * theirs).sum((1, 2), keepdims=True))
    np.testing.assert_allclose(ours * signs, theirs, atol=1e-3 * np.abs(theirs).max())


@pytest.mark.peers
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("method", "theirs"), [
    ("grad_cam", "GradCAM"), ("layer_cam", "LayerCAM"), ("xgrad_cam", "XGradCAM"), ("cam", "CAM"),
])
def test_maps_are_those_of_torchcam(
    model: torch.nn.Module, images: Tensor, method: str, theirs: str, layer: str
) -> None:
    """Image by image's class; CAM at the last layer alone.

    Not their Grad-CAM++ (0.5.0): it divides a copy of the coefficients, so they stay undivided.
    """
    if method == "cam" and layer != "layer4":
        return
    reader_of = getattr(import_module("torchcam.methods"), theirs)
    ours = activate(model, images, method=method, layer=layer, classes=[[3], [1]])
    options = {"fc_layer": "fc"} if method == "cam" else {}
    with reader_of(model, layer, **options) as reader:
        scores = model(images)
        (found,) = reader([3, 1], scores, normalized=False)
    theirs_at_one = found.clamp_min(0) / found.clamp_min(0).amax((1, 2), keepdim=True)
    torch.testing.assert_close(ours[:, 0], theirs_at_one, atol=1e-4, rtol=1e-4)
