"""Annotated cells against the evidence of the class layer."""

from __future__ import annotations

import torch

from tag2mask.core.contracts import IGNORE
from tag2mask.stages.classify.pointwise_loss import pointwise_loss

TAGS = torch.tensor([[1.0, 1.0, 0.0]])


def labels_of(*places: tuple[int, int, int]) -> torch.Tensor:
    """Give labels of a crop of 32 x 48 with single pixels: (y, x, label)."""
    labels = torch.full((1, 32, 48), IGNORE)
    for y, x, label in places:
        labels[0, y, x] = label
    return labels


def test_evidence_at_the_clicked_cell_lowers_the_loss() -> None:
    """Cells are 8 pixels wide and high; the wrong cell and the wrong class do not help."""
    labels = labels_of((9, 17, 2), (0, 0, 0))
    flat = pointwise_loss(torch.zeros(1, 3, 4, 6), labels, TAGS)
    right, wrong, other = (torch.zeros(1, 3, 4, 6) for _ in range(3))
    right[0, 1, 1, 2] = 5
    wrong[0, 1, 2, 1] = 5
    other[0, 0, 1, 2] = 5
    assert pointwise_loss(right, labels, TAGS) < flat
    assert pointwise_loss(wrong, labels, TAGS) > pointwise_loss(right, labels, TAGS)
    assert pointwise_loss(other, labels, TAGS) > flat


def test_the_tags_logits_are_left_alone() -> None:
    """The gradient of the mean, which is the tag's logit, is zero."""
    evidence = torch.randn(1, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    evidence.requires_grad_()
    pointwise_loss(evidence, labels_of((9, 17, 2), (0, 0, 0)), TAGS).backward()
    assert evidence.grad is not None
    torch.testing.assert_close(evidence.grad.sum((2, 3)), torch.zeros(1, 3), atol=1e-6, rtol=0)
    assert evidence.grad.abs().max() > 0.01


def test_nothing_certain_costs_nothing() -> None:
    """And can still be differentiated."""
    evidence = torch.randn(1, 3, 4, 6, requires_grad=True)
    loss = pointwise_loss(evidence, labels_of(), TAGS)
    loss.backward()
    assert loss.item() == 0


def test_labels_count_alike() -> None:
    """Many cells of background do not outweigh one click."""
    one = labels_of((9, 17, 2), (0, 0, 0))
    many = one.clone()
    many[0, :, :8] = 0
    evidence = torch.zeros(1, 3, 4, 6)
    torch.testing.assert_close(
        pointwise_loss(evidence, one, TAGS), pointwise_loss(evidence, many, TAGS))


def test_few_annotated_photos_have_a_small_share() -> None:
    """One of four photos counts a quarter, so that it does not outweigh the tags of the others."""
    one = labels_of((9, 17, 2), (0, 0, 0))
    four = torch.cat([one, *[labels_of()] * 3])
    alone = pointwise_loss(torch.zeros(1, 3, 4, 6), one, TAGS)
    torch.testing.assert_close(
        pointwise_loss(torch.zeros(4, 3, 4, 6), four, TAGS.expand(4, 3)), alone / 4)
