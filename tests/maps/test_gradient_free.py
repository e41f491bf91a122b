"""Eigen-CAM, Score-CAM and Ablation-CAM against their papers, read literally."""

from __future__ import annotations

import pytest
import torch
from nets import photos, small
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.maps import activate
from tag2mask.maps.eigen_cam import first_component

OPTIONS = {"layer": "first", "normalise": "none", "positive": False}


def test_eigen_cam_is_the_projection_on_the_first_singular_vector() -> None:
    """By numpy's decomposition; the same for every class."""
    model, images = small(), photos()
    found = activate(model, images, method="eigen_cam", **OPTIONS)
    assert found.shape == (3, 4, 6, 9)
    for feature, maps in zip(model.first(images).detach(), found, strict=True):
        _, _, right = torch.linalg.svd(feature.flatten(1).T)
        plane = (feature.flatten(1).T @ right[0]).reshape(6, 9)
        plane = plane * plane.sum().sign()
        torch.testing.assert_close(maps, plane.expand(4, -1, -1).to(maps), rtol=1e-4, atol=1e-5)


def test_eigen_cam_keeps_a_map_whose_sum_is_zero() -> None:
    """As much is positive as negative, so neither sign has the greater sum."""
    plane = torch.tensor([[1.0, -1.0, 2.0], [-2.0, 3.0, -3.0]])
    found = first_component(torch.stack([plane, 0 * plane])[None])
    assert found.abs().allclose(plane.abs()[None], atol=1e-5)


@pytest.mark.parametrize("channels", [3, 80])
def test_eigen_cam_works_with_more_channels_than_cells_and_fewer(channels: int) -> None:
    """Either way by the smaller of two matrices."""
    feature = torch.rand(2, channels, 4, 6, generator=torch.Generator().manual_seed(0)) - 0.3
    for row, plane in zip(feature, first_component(feature), strict=True):
        left, values, _ = torch.linalg.svd(row.flatten(1).T)
        wanted = (left[:, 0] * values[0]).reshape(4, 6)
        torch.testing.assert_close(plane, wanted * wanted.sum().sign(), rtol=1e-3, atol=1e-4)


def test_score_cam_weighs_channels_by_the_softmax_of_what_they_show() -> None:
    """One masked image at a time."""
    model, images = small(deep=True), photos()
    found = activate(model, images, method="score_cam", batch_size=2, **OPTIONS)
    for index, image in enumerate(images):
        feature = model.first(image[None])[0].detach()
        scores = []
        for plane in feature:
            mask = F.interpolate(plane[None, None], image.shape[1:], mode="bilinear")[0, 0]
            span = mask.max() - mask.min()
            mask = (mask - mask.min()) / span if span > 0 else mask * 0
            scores.append(model((image * mask)[None])[0].detach())
        weights = torch.stack(scores).softmax(0)
        wanted = torch.einsum("ck,chw->khw", weights, feature)
        torch.testing.assert_close(found[index], wanted)


def test_ablation_cam_weighs_channels_by_what_is_lost_without_them() -> None:
    """One channel at a time."""
    model, images = small(deep=True), photos()
    found = activate(model, images, method="ablation_cam", batch_size=2, **OPTIONS)
    for index, image in enumerate(images):
        feature = model.first(image[None]).detach()
        whole = model(image[None])[0].detach()
        wanted = torch.zeros(4, *feature.shape[2:]).double()
        for channel in range(feature.shape[1]):
            without = feature.clone()
            without[0, channel] = 0
            logits = model.fc(model.pool(model.last(without)).flatten(1))[0].detach()
            fall = (whole - logits) / whole.abs()
            wanted += fall[:, None, None] * feature[0, channel]
        torch.testing.assert_close(found[index], wanted)


def test_each_image_may_have_its_own_classes() -> None:
    """As by the methods with gradients."""
    model, images = small(), photos(2)
    for method in ("eigen_cam", "score_cam", "ablation_cam", "grad_cam", "cam"):
        every = activate(model, images, method=method, layer="last")
        some = activate(model, images, method=method, layer="last", classes=[[3, 1], [0, 3]])
        torch.testing.assert_close(some[0], every[0, [3, 1]])
        torch.testing.assert_close(some[1], every[1, [0, 3]])
