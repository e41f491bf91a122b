"""What is painted over is still alike to what it was alike to."""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.maps import activate
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier
from tag2mask.models.classifiers.borrowed_likeness import BorrowedLikeness, beside


class Cells(BackboneModule):
    """A backbone that gives the photo itself, twice."""

    channels, strides, output_stride = (3, 3), (1, 1), 1
    pixel_mean, pixel_std = (0.0,) * 3, (1.0,) * 3

    def forward(self, images: Tensor) -> list[Tensor]:
        """Give two features."""
        return [images, images]


def one_colour(channel: int) -> Classifier:
    """Make a classifier whose one class is a colour."""
    classifier = Classifier(Cells(), ClassHead(3, 1)).eval()
    with torch.no_grad():
        classifier.head.layer.weight.zero_()[0, channel] = 1  # type: ignore[union-attr, operator]
    return classifier


def test_maps_of_the_one_and_likeness_of_the_other() -> None:
    """Each of its own photos."""
    painted, whole = torch.rand(2, 2, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    first, later = one_colour(0), one_colour(1)
    maps, likeness = BorrowedLikeness(later, first).maps_and_likeness(beside(painted, whole))
    torch.testing.assert_close(maps, painted[:, 1:2])
    torch.testing.assert_close(likeness, whole)


def test_a_painted_part_gets_its_share() -> None:
    """The left half was painted over; it had the colour of the right one, where the class is."""
    whole = torch.zeros(1, 3, 2, 6)
    whole[:, 1, 0] = 1
    whole[:, 2, 1] = 1
    painted = whole.clone()
    painted[..., :3] = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    later, first = one_colour(1), one_colour(0)
    alone = activate(later, painted, method="correlated_cam", flip=True)
    assert not alone[0, 0, 0, :2].any()
    found = activate(BorrowedLikeness(later, first), beside(painted, whole),
                     method="correlated_cam", flip=True)
    torch.testing.assert_close(found[0, 0, 0], torch.ones(6), atol=1e-3, rtol=0)
    assert not found[0, 0, 1].any()
