"""SEAM's losses against a literal reading of them, and what its second view must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier
from tag2mask.strategies import create_strategy
from tag2mask.strategies.seam import Seam, correlation_of, small_view
from tag2mask.strategies.seam_losses import (
    cross_loss,
    equivariance_loss,
    pooling_loss,
    stretched,
)
from tag2mask.strategies.strategy import Step


class Cells(BackboneModule):
    """A backbone of two layers, at strides 2, 4 and 8."""

    channels, strides, output_stride = (4, 4, 5), (2, 4, 8), 8
    pixel_mean, pixel_std = (0.0,) * 3, (1.0,) * 3

    def __init__(self) -> None:
        """Draw the weights."""
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = torch.nn.Conv2d(3, 4, 1), torch.nn.Conv2d(4, 5, 1)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Give three features, the edge's cells of what there is of them."""
        fine = self.first(F.avg_pool2d(images, 2, ceil_mode=True)).relu()
        middle = F.avg_pool2d(fine, 2, ceil_mode=True)
        return [fine, middle, self.second(F.avg_pool2d(middle, 2, ceil_mode=True))]


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def a_step(images: Tensor, tags: Tensor) -> Step:
    """Do what the training does before it asks for losses."""
    backbone, head = Cells(), ClassHead(5, tags.shape[1])
    classifier = Classifier(backbone, Seam().wrap_head(head, backbone)).train()
    features = classifier.features(images)
    return Step(classifier=classifier, images=images, tags=tags, features=features)


def test_stretching_by_hand() -> None:
    """From the least value to the largest, those under 0 taken for 0; a flat map is 0."""
    maps = torch.tensor([[-1.0, 1.0, 3.0, 2.0], [2.0, 3.0, 4.0, 6.0], [5.0, 5.0, 5.0, 5.0]])
    wanted = torch.tensor([[0, 1 / 3, 1, 2 / 3], [0, 0.25, 0.5, 1], [0, 0, 0, 0]])
    torch.testing.assert_close(stretched(maps[None, :, None])[0, :, 0], wanted, atol=2e-5, rtol=0)


def test_the_equivariance_loss_by_hand() -> None:
    """The mean over all classes and cells, those that are not there included."""
    first = torch.tensor([[1.0, 0.5], [0.0, 0.0]]).reshape(1, 2, 1, 2)
    second = torch.tensor([[0.6, 0.7], [0.0, 0.0]]).reshape(1, 2, 1, 2)
    assert equivariance_loss(first, second).item() == pytest.approx((0.4 + 0.2) / 4)


def test_the_cross_loss_by_hand() -> None:
    """Of 15 entries the 3 hardest; of the raw maps each cell's largest class, and background."""
    raw = torch.tensor([[1.0, 0.2, 0.0, 0.6, 0.5], [0.4, 0.8, 0.0, 0.1, 0.5]])
    # Wanted:  background 0    0.2  1    0.4  0.5, class one 1  0  0  0.6  0.5,
    #          class two  0    0.8  0    0    0.5.
    refined = torch.tensor([[0.1, 0.2, 0.3, 0.4, 0.5], [0.2, 0.0, 0.0, 0.5, 0.5],
                            [0.0, 0.1, 0.05, 0.6, 0.4]])
    loss = cross_loss(refined[None, :, None], raw[None, :, None])
    assert loss.item() == pytest.approx((0.8 + 0.7 + 0.7) / 3, abs=1e-6)


def test_the_pooling_loss_by_hand() -> None:
    """Of 8 cells' largest class the 2 lowest."""
    refined = torch.tensor([[0.1, 0.9, 0.3, 0.0, 0.7, 0.6, 0.5, 0.4],
                            [0.4, 0.0, 0.2, 0.1, 0.7, 0.8, 0.9, 1.0]])
    assert pooling_loss(refined[None, :, None]).item() == pytest.approx((0.1 + 0.3) / 2)


def literal_cross(refined: Tensor, raw: Tensor) -> float:
    """Read the cross loss entry by entry."""
    losses = []
    for photo in range(len(raw)):
        apart = []
        for y in range(raw.shape[2]):
            for x in range(raw.shape[3]):
                values = raw[photo, :, y, x].tolist()
                wanted = [1 - max(values), *(v if v == max(values) else 0.0 for v in values)]
                apart += [abs(w - r) for w, r in
                          zip(wanted, refined[photo, :, y, x].tolist(), strict=True)]
        hardest = sorted(apart)[::-1][: int(0.2 * len(apart))]
        losses.append(sum(hardest) / len(hardest))
    return sum(losses) / len(losses)


def literal_pooling(refined: Tensor) -> float:
    """Read the pooling loss cell by cell."""
    losses = []
    for planes in refined:
        largest = sorted(max(column) for column in zip(*planes.flatten(1).tolist(), strict=True))
        lowest = largest[: len(largest) // 4]
        losses.append(sum(lowest) / len(lowest))
    return sum(losses) / len(losses)


def test_the_losses_are_what_the_loops_say() -> None:
    """Of several photos, classes and odd sizes."""
    raw, refined = stretched(drawn(3, 4, 5, 7)), stretched(drawn(3, 5, 5, 7, seed=1))
    assert cross_loss(refined, raw).item() == pytest.approx(literal_cross(refined, raw), rel=1e-5)
    assert pooling_loss(raw).item() == pytest.approx(literal_pooling(raw), rel=1e-5)


@pytest.mark.parametrize("loss", [
    lambda one, other: equivariance_loss(stretched(one[:, 1:]), stretched(other[:, 1:])),
    lambda one, other: cross_loss(stretched(one), stretched(other[:, 1:])),
    lambda one, other: pooling_loss(stretched(one)) + 0 * other.sum(),
], ids=["equivariance", "cross", "pooling"])
def test_the_gradients_are_right(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    """In double precision, through the stretching; the raw maps of the cross loss teach only."""
    one = drawn(2, 3, 3, 4, dtype=torch.float64).requires_grad_()
    other = drawn(2, 3, 3, 4, seed=1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda maps: loss(maps, other), one)


def test_the_cross_loss_teaches_the_refined_maps_alone() -> None:
    """Nothing flows into the raw ones."""
    raw = drawn(1, 2, 3, 3).requires_grad_()
    assert not cross_loss(drawn(1, 3, 3, 3, seed=1), raw).requires_grad


def test_a_map_that_follows_its_photo_costs_nothing() -> None:
    """The small view's map, brought to three times its cells, is the photo's map."""
    small = drawn(2, 3, 4, 5).exp()
    large = F.interpolate(small, (12, 15), mode="bilinear", align_corners=False)
    # Bilinear maps have their extremes at the centres of cells, which are among the finer ones: so
    # both are stretched alike.
    lifted = F.interpolate(stretched(small), (12, 15), mode="bilinear", align_corners=False)
    assert equivariance_loss(stretched(large), lifted).item() == pytest.approx(0, abs=1e-5)
    assert equivariance_loss(stretched(large.flip(3)), lifted).item() > 0.1


@pytest.mark.parametrize(("pixels", "cells", "wanted"), [
    ((448, 448), (56, 56), (136, 136)), ((448, 640), (56, 80), (136, 192)),
    ((1024, 1024), (128, 128), (304, 304)), ((512, 512), (32, 32), (272, 272)),
    ((256, 256), (16, 16), (224, 224)), ((208, 256), (13, 16), (176, 224)),
    ((250, 256), (16, 16), (219, 224)), ((64, 64), (4, 4), (48, 48)), ((32, 48), (2, 3), (32, 48)),
    ((16, 9), (1, 1), (16, 9)),
])
def test_the_small_view_has_whole_cells(
    pixels: tuple[int, int], cells: tuple[int, int], wanted: tuple[int, int]
) -> None:
    """17 of them, or 0.3 of the photo's, or 0.85; two at the least, where the photo has them."""
    assert small_view(torch.zeros(1, 3, *pixels), cells=cells).shape[2:] == wanted


@pytest.mark.parametrize("size", [(96, 64), (61, 90), (250, 255), (33, 17)])
def test_both_views_maps_cover_the_same_part_of_the_photo(size: tuple[int, int]) -> None:
    """The photo's share of the cells' area is the same, to a pixel of the small view."""
    step = a_step(drawn(1, 3, *size), torch.ones(1, 2))
    cells = step.evidence.shape[2], step.evidence.shape[3]
    small = small_view(step.images, cells=cells)
    few = step.classifier.evidence(small).shape[2:]
    for pixels, many, less, fewer in zip(size, cells, small.shape[2:], few, strict=True):
        assert pixels / (8 * many) == pytest.approx(less / (8 * fewer), abs=0.5 / (8 * fewer))


def literal_total(step: Step) -> float:
    """Add up the training loss as the authors' code does, but for the belief in each tag."""
    classifier, present = step.classifier, (step.tags > 0).float()[:, :, None, None]
    cells = step.evidence.shape[2], step.evidence.shape[3]
    small = small_view(step.images, cells=cells)
    tags, raw, refined, lowest, sure = [], [], [], [], torch.ones_like(present)
    for images in (step.images, small):
        features = classifier.features(images)
        evidence = classifier.head(features)
        sure = sure / (1 + torch.exp(-evidence.mean((2, 3), keepdim=True)))
        tags.append(F.multilabel_soft_margin_loss(evidence.mean((2, 3)), step.tags))
        maps = correlation_of(classifier.head).refine(
            evidence * present, features, images, torch.ones_like(step.tags) > 0
        )
        raw.append(F.interpolate(stretched(evidence), cells, mode="bilinear") * present)
        ground = torch.cat([torch.ones_like(present[:, :1]), present], 1)
        refined.append(F.interpolate(stretched(maps), cells, mode="bilinear") * ground)
        lowest.append(literal_pooling(maps[:, 1:] * present))
    losses = [
        sum(tags).item() / 2, sum(lowest) / 2, (sure * (raw[0] - raw[1]).abs()).mean().item(),
        literal_cross(refined[0], raw[1]), literal_cross(refined[1], raw[0]),
    ]
    return sum(losses)


@pytest.mark.parametrize("tags", [
    [[1, 0, 0], [0, 1, 1]], [[1, 1, 1], [1, 1, 1]], [[0.3, 0, 0.7], [0.9, 0.1, 0]],
])
def test_the_whole_loss_is_the_papers(tags: list[list[float]]) -> None:
    """Of hard tags, all tags and mixed ones."""
    step = a_step(drawn(2, 3, 120, 160), torch.tensor(tags))
    with torch.no_grad():
        assert Seam().loss(step).item() == pytest.approx(literal_total(step), rel=1e-4)


@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize(("size", "tags"), [
    ((120, 77), [[1.0]]), ((32, 32), [[1.0, 1.0], [1.0, 1.0]]), ((7, 9), [[1.0, 0.0]]),
    ((64, 48), [[0.0, 0.0]]),
], ids=["one photo, one class", "all tags", "one cell", "no tags"])
def test_thin_batches_learn(
    size: tuple[int, int], tags: list[list[float]], autocast: bool
) -> None:
    """Finite losses and gradients, in either precision."""
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        step = a_step(drawn(len(tags), 3, *size), torch.tensor(tags))
        loss = Seam().loss(step)
    loss.backward()
    assert loss.dtype == torch.float32
    gradients = [p.grad for p in step.classifier.parameters() if p.grad is not None]
    assert len(gradients) > 3
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", ["attention_pooling", "mdc:narrow", "acol:narrow"])
def test_another_strategys_head_is_scored_by_it(name: str) -> None:
    """Both views alike, so that no branch of a head is taught against its tags."""
    backbone, stack = Cells(), create_strategy([name, "seam"])
    own = stack.build_head(5, 2)
    head = stack.wrap_head(own, backbone)
    assert correlation_of(head).inner is own
    assert head.speed == own.speed
    classifier = Classifier(backbone, head)
    images, tags = drawn(1, 3, 64, 48), torch.tensor([[1.0, 0.0]])
    step = Step(classifier=classifier, images=images, tags=tags,
                features=classifier.features(images))
    small = small_view(images, cells=(8, 6))
    second = replace(step, images=small, features=classifier.features(small))
    alone = create_strategy([name])
    scored = (alone.tag_loss(step) + alone.tag_loss(second)) / 2
    agreeing = Seam().extra_loss([step, second])
    torch.testing.assert_close(stack.loss(step), scored + agreeing)
