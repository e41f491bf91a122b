"""What the second head does not see, and how both maps are joined."""

from __future__ import annotations

import torch
from torch import Tensor

from tag2mask.models.heads.complementary import ComplementaryHead, erased_region

EVIDENCE = torch.tensor([
    [[[0.0, 5.0, 6.0], [10.0, 1.0, 2.0]], [[-4.0, -4.0, 6.0], [1.0, 2.0, 3.0]],
     [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]],
])
"""Three maps of 2 x 3 cells; the last is the same everywhere."""


def region(*present: int, at: float = 0.6) -> list[list[int]]:
    """Give the erased region of some of the classes."""
    tags = torch.tensor([[label in present for label in range(3)]])
    region: list[list[int]] = erased_region(EVIDENCE, tags, at=at)[0, 0].int().tolist()
    return region


def test_regions_by_hand() -> None:
    """0.6 of the way from the least to the largest, the union of the tags."""
    assert region(0) == [[0, 0, 1], [1, 0, 0]]
    assert region(1) == [[0, 0, 1], [0, 1, 1]]
    assert region(0, 1) == [[0, 0, 1], [1, 1, 1]]
    assert region(0, at=0.5) == [[0, 1, 1], [1, 0, 0]]


def test_nothing_is_erased_without_tags_or_of_a_flat_map() -> None:
    """Where there is nothing to look at."""
    assert region() == region(2) == [[0, 0, 0], [0, 0, 0]]


def head_and_feature() -> tuple[ComplementaryHead, Tensor]:
    """Draw a small head, and a feature."""
    torch.manual_seed(0)
    return ComplementaryHead(4, 3, width=8).double(), torch.randn(2, 4, 6, 9).double()


def test_the_second_head_sees_what_is_left() -> None:
    """Its evidence is that of the feature with zeros in the region; the first gets no gradient."""
    head, feature = head_and_feature()
    evidence, present = head([feature]), torch.tensor([[1, 0, 1], [0, 0, 0]]).bool()
    cut = feature.clone()
    low, high = (getattr(evidence, which)((2, 3), keepdim=True) for which in ("amin", "amax"))
    for label in (0, 2):
        gone = (evidence[0, label] - low[0, label]) / (high - low)[0, label] >= 0.6
        cut[0, :, gone] = 0
    found = head.complement([feature], evidence, present)
    torch.testing.assert_close(found, head.second(cut))
    found.sum().backward()
    assert all(parameter.grad is None for parameter in head.first.parameters())


def test_maps_are_the_larger_of_both() -> None:
    """Each divided by its maximum, with the classes asked for erased, or those it finds."""
    head, feature = head_and_feature()
    evidence, classes = head([feature]), torch.tensor([[2], [0]])
    present = torch.tensor([[0, 0, 1], [1, 0, 0]]).bool()
    maps = head.read([feature], feature, classes)
    planes = [evidence, head.complement([feature], evidence, present)]
    for photo in range(2):
        for label in range(3):
            first, second = (plane[photo, label].clamp_min(0) for plane in planes)
            first, second = (each / each.max().clamp_min(1e-8) for each in (first, second))
            torch.testing.assert_close(maps[photo, label], torch.maximum(first, second))
    assert head.read([feature], feature, None).shape == (2, 3, 6, 9)


def test_other_photos_of_the_batch_change_nothing() -> None:
    """Alone as among others."""
    head, feature = head_and_feature()
    torch.testing.assert_close(
        head.read([feature], feature, None)[:1], head.read([feature[:1]], feature[:1], None)
    )
