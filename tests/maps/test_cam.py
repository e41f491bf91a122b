"""Maps are the class layer's evidence, and explain the logit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps import activate
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier


class Pooled(BackboneModule):
    """A backbone of one feature: the photo in cells of 4 pixels, and its negative."""

    channels, strides, output_stride = (6,), (4,), 4
    pixel_mean, pixel_std = (0.0,) * 3, (1.0,) * 3

    def forward(self, images: Tensor) -> list[Tensor]:
        """Average cells."""
        cells = nn.functional.avg_pool2d(images, 4, ceil_mode=True)
        return [torch.cat([cells, -cells], 1)]


@pytest.fixture
def classifier() -> Classifier:
    """A classifier of three classes whose evidence has both signs."""
    torch.manual_seed(0)
    return Classifier(Pooled(), ClassHead(6, 3)).eval()


@pytest.fixture
def images() -> Tensor:
    """Two photos, wider than high."""
    return torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(1))


def test_a_map_is_the_positive_part_of_the_weighted_feature(
    classifier: Classifier, images: Tensor
) -> None:
    """Against the paper's sum over channels, literally, for every class and cell."""
    weight, (feature,) = classifier.head.layer.weight, classifier.backbone(images)
    found = activate(classifier, images, method="cam", normalise="none")
    assert found.shape == (2, 3, 4, 6)
    for b in range(2):
        for k in range(3):
            for y in range(4):
                for x in range(6):
                    total = sum(weight[k, c, 0, 0] * feature[b, c, y, x] for c in range(6))
                    torch.testing.assert_close(found[b, k, y, x], max(total, total * 0))


def test_activate_gives_maps_from_0_to_1(classifier: Classifier, images: Tensor) -> None:
    """One per class, at the size of the feature or of the photo."""
    for size, shape in (("feature", (4, 6)), ("image", (16, 24))):
        maps = activate(classifier, images, method="cam", size=size)
        assert maps.shape == (2, 3, *shape)
        assert maps.dtype == torch.float32
        assert maps.min() >= 0
        torch.testing.assert_close(maps.amax((2, 3)), torch.ones(2, 3))


def test_classes_are_given_in_the_order_asked_for(classifier: Classifier, images: Tensor) -> None:
    """The same maps as when all are read."""
    every = activate(classifier, images)
    torch.testing.assert_close(activate(classifier, images, classes=[2, 0]), every[:, [2, 0]])


def test_odd_sizes_have_a_cell_for_the_last_pixel(classifier: Classifier) -> None:
    """As the backbone has."""
    found = activate(classifier, torch.ones(1, 3, 9, 14), method="cam", scales=(1.0, 1.5))
    assert found.shape == (1, 3, 3, 4)


def test_nothing_seen_is_an_empty_map(classifier: Classifier) -> None:
    """And no division by zero."""
    assert not activate(classifier, torch.zeros(1, 3, 8, 12)).any()


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam"])
def test_gradients_of_the_representation_say_what_cam_says(
    classifier: Classifier, images: Tensor, method: str
) -> None:
    """The head being linear, and the last feature the layer that is read by default."""
    torch.testing.assert_close(
        activate(classifier, images, method=method), activate(classifier, images, method="cam")
    )


def test_mistakes_are_told(classifier: Classifier, images: Tensor) -> None:
    """By their names."""
    with pytest.raises(InputError, match="no map method 'gradcom'"):
        activate(classifier, images, method="gradcom")
    with pytest.raises(InputError, match="'photo' is neither"):
        activate(classifier, images, size="photo")
    for wrong in (3, -1):
        with pytest.raises(InputError, match=r"not all in 0\.\.2"):
            activate(classifier, images, classes=[0, wrong])


class TwoStreams(Pooled):
    """A backbone whose coarsest feature is not the one that distinguishes classes."""

    channels, strides, output_stride = (3, 3), (4, 8), 4

    def forward(self, images: Tensor) -> list[Tensor]:
        """Average cells of two sizes."""
        return [nn.functional.avg_pool2d(images, side) for side in self.strides]

    def representation(self, features: list[Tensor]) -> Tensor:
        """Take the finer one."""
        return features[0]


def test_maps_keep_the_resolution_that_classes_are_told_by(images: Tensor) -> None:
    """Where a backbone has coarser features too, as an HRNet has."""
    classifier = Classifier(TwoStreams(), ClassHead(3, 2)).eval()
    evidence = classifier.evidence(images).clamp_min(0)
    wanted = evidence / evidence.amax((2, 3), keepdim=True).clamp_min(1e-5)
    torch.testing.assert_close(activate(classifier, images), wanted)
