"""The pixel correlation module against a literal reading, cell by cell."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tag2mask.maps.correlation import correlate
from tag2mask.models.backbones import create_backbone
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier, Head
from tag2mask.models.heads.attention import AttentionHead
from tag2mask.models.heads.correlation import contending
from tag2mask.models.heads.pixel_correlation import PixelCorrelation, correlated_levels


class Levels(BackboneModule):
    """A backbone whose features are averages of the photo, each of some stride."""

    pixel_mean, pixel_std = (0.0,) * 3, (1.0,) * 3

    def __init__(self, *strides: int, output_stride: int | None = None) -> None:
        """Take the strides."""
        super().__init__()
        self.strides, self.channels = strides, (3,) * len(strides)
        self.output_stride = output_stride or strides[-1]

    def forward(self, images: Tensor) -> list[Tensor]:
        """Give one feature per stride."""
        return [torch.nn.functional.avg_pool2d(images, s, ceil_mode=True) for s in self.strides]


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def literal(features: Tensor, maps: Tensor) -> Tensor:
    """Read section 3.3 as it stands: every cell, every other cell."""
    photos, _, height, width = features.shape
    result = torch.zeros_like(maps)
    places = [(y, x) for y in range(height) for x in range(width)]
    for photo in range(photos):
        for y, x in places:
            total, weights = torch.zeros_like(maps[photo, :, 0, 0]), 0.0
            for v, u in places:
                here, there = features[photo, :, y, x], features[photo, :, v, u]
                cosine = float(here @ there / (here.norm() * there.norm()))
                total = total + max(cosine, 0.0) * maps[photo, :, v, u]
                weights += max(cosine, 0.0)
            result[photo, :, y, x] = total / weights
    return result


def test_two_cells_by_hand() -> None:
    """The cosine of (1, 0) and (1, 1) is the root of a half."""
    features = torch.tensor([[1.0, 1.0], [0.0, 1.0]]).reshape(1, 2, 1, 2)
    found = correlate(features, torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2))
    wanted = torch.tensor([1 / 1.70711, 0.70711 / 1.70711])
    torch.testing.assert_close(found.flatten(), wanted, rtol=0, atol=2e-5)


def test_a_cell_takes_nothing_from_its_opposite() -> None:
    """Whose cosine is negative, and counts as 0."""
    features = torch.tensor([2.0, -3.0, 1.0]).reshape(1, 1, 1, 3)
    found = correlate(features, torch.tensor([1.0, 0.4, 0.0]).reshape(1, 1, 1, 3))
    torch.testing.assert_close(found.flatten(), torch.tensor([0.5, 0.4, 0.5]), atol=2e-5, rtol=0)


@pytest.mark.parametrize("size", [(3, 5), (1, 1), (4, 1)])
def test_it_is_what_the_loops_say(size: tuple[int, int]) -> None:
    """Also of odd sizes, of several photos."""
    features, maps = drawn(2, 6, *size), drawn(2, 3, *size, seed=1).abs()
    torch.testing.assert_close(correlate(features, maps), literal(features, maps), atol=5e-5,
                               rtol=1e-4)


def test_blocks_change_nothing() -> None:
    """Neither the result nor the gradient; one row of cells at a time at the least."""
    maps, found = drawn(2, 3, 5, 7, seed=1), []
    for most in (1, 2 * 35 * 8, 1 << 20):
        features = drawn(2, 6, 5, 7).requires_grad_()
        result = correlate(features, maps, most=most)
        result.square().sum().backward()
        assert features.grad is not None
        found.append((result.detach(), features.grad))
    for other in found[:2]:
        torch.testing.assert_close(other, found[2])


def test_no_square_of_the_cells_is_kept_for_the_backward_pass() -> None:
    """What is kept, is of the size of the features."""
    kept: list[int] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor.numel())
        return tensor

    features = drawn(1, 2, 30, 30).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = correlate(features, drawn(1, 2, 30, 30, seed=1), most=900 * 20)
    assert max(kept) <= 3 * 900
    result.sum().backward()


@pytest.mark.parametrize("most", [12 * 5, 1 << 20])
def test_the_gradient_is_right(most: int) -> None:
    """In double precision, block by block and at once."""
    features = drawn(1, 3, 3, 4, dtype=torch.float64).requires_grad_()
    maps = drawn(1, 2, 3, 4, seed=1, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda one, other: correlate(one, other, most=most), (features, maps)
    )


def test_the_modules_gradient_is_right() -> None:
    """Of what compares cells, in double precision."""
    torch.manual_seed(0)
    backbone = Levels(1, 2, 4)
    module = PixelCorrelation(ClassHead(3, 2), backbone).double()
    images = drawn(1, 3, 8, 12, dtype=torch.float64)
    features, maps = backbone(images), drawn(1, 2, 2, 3, dtype=torch.float64)
    first = next(module.levels.parameters())

    def refined(joined: Tensor, level: Tensor) -> Tensor:
        changed = {"joined.weight": joined, "levels.0.weight": level}
        return torch.func.functional_call(Refining(module), {
            f"module.{name}": value for name, value in changed.items()
        }, (maps, features, images))

    some = torch.autograd.gradcheck(refined, (module.joined.weight, first), fast_mode=True)
    assert some


class Refining(torch.nn.Module):
    """Calls `refine`, as `functional_call` wants it."""

    def __init__(self, module: PixelCorrelation) -> None:
        """Take the module."""
        super().__init__()
        self.module = module

    def forward(self, maps: Tensor, features: list[Tensor], images: Tensor) -> Tensor:
        """Refine."""
        return self.module.refine(maps, features, images)


def test_what_contends_by_hand() -> None:
    """Each map over its own peak, the background what they leave, one class a cell."""
    maps = torch.tensor([[4.0, 1.0, -3.0, 2.0], [0.3, 0.2, -1.0, 0.5]]).reshape(1, 2, 1, 4)
    wanted = [[0, 0.6, 1, 0], [1, 0, 0, 0], [0, 0.4, 0, 1]]
    torch.testing.assert_close(contending(maps)[0, :, 0], torch.tensor(wanted), atol=1e-4, rtol=0)
    silent = contending(torch.full((1, 2, 2, 2), -1.0))
    assert silent[:, 0].eq(1).all()
    assert not silent[:, 1:].any()


def wrapped(inner: Head, backbone: BackboneModule) -> PixelCorrelation:
    """Put the module around a head, ready to read."""
    torch.manual_seed(1)
    return PixelCorrelation(inner, backbone).eval()


@pytest.mark.parametrize("head", [ClassHead, AttentionHead])
def test_evidence_stays_and_maps_are_refined(head: type[ClassHead]) -> None:
    """Over whatever the inner head reads; classes that nobody asked for are 0."""
    torch.manual_seed(0)
    backbone, images = Levels(1, 2, 4), drawn(2, 3, 20, 13)
    module, features = wrapped(head(3, 4), backbone), backbone(images)
    assert torch.equal(module(features), module.inner(features))
    assert module.class_weight is module.inner.class_weight
    assert (module.class_weight is None) == (head is AttentionHead)
    classes = torch.tensor([[1, 1], [3, 0]])
    maps = module.read(features, images, classes)
    assert maps.shape == (2, 4, 5, 4)
    assert 0 <= maps.min() <= maps.max() <= 1
    assert maps.amax((2, 3)).gt(0).tolist() == [[False, True, False, False],
                                               [True, False, False, True]]
    everything = module.read(features, images, None)
    assert torch.equal(everything, module.refine(module(features), features, images)[:, 1:])


def test_a_reading_that_shares_maps_itself_gets_those_of_the_inner_head() -> None:
    """Shared twice they would be too wide."""
    backbone, images = Levels(1, 2, 4), drawn(2, 3, 20, 13)
    module = wrapped(ClassHead(3, 4), backbone)
    classifier = Classifier(backbone, module).eval()
    maps, likeness = classifier.maps_and_likeness(images, torch.tensor([1, 3]))
    features = backbone(images)
    assert torch.equal(maps, module.inner(features))
    assert torch.equal(likeness, features[1])
    assert not torch.equal(classifier.class_maps(images), maps)


def test_a_photo_is_read_without_the_others() -> None:
    """And the same twice."""
    backbone, images = Levels(1, 2, 4), drawn(3, 3, 16, 24)
    module = wrapped(ClassHead(3, 2), backbone)
    together = module.read(backbone(images), images, None)
    assert torch.equal(together, module.read(backbone(images), images, None))
    for index in range(3):
        one = images[index : index + 1]
        alone = module.read(backbone(one), one, None)
        torch.testing.assert_close(alone[0], together[index])


def test_nothing_is_learned_through_maps_and_features() -> None:
    """Only how cells are compared."""
    backbone, images = Levels(1, 2, 4), drawn(2, 3, 16, 24)
    features = [feature.requires_grad_() for feature in backbone(images)]
    module = wrapped(ClassHead(3, 2), backbone)
    module.refine(module(features), features, images).square().sum().backward()
    assert all(feature.grad is None for feature in features)
    assert {name for name, p in module.named_parameters() if p.grad is not None} == {
        "levels.0.weight", "levels.1.weight", "joined.weight"
    }


def test_lower_precision_stops_before_the_module() -> None:
    """Which compares in float32, or in float64."""
    backbone, images = Levels(1, 2, 4), drawn(1, 3, 16, 16)
    module = wrapped(ClassHead(3, 2), backbone)
    with torch.autocast("cpu", torch.bfloat16):
        features = [feature.bfloat16() for feature in backbone(images)]
        maps = module.read(features, images, None)
    assert maps.dtype == torch.float32
    torch.testing.assert_close(maps, module.read(backbone(images), images, None), atol=0.05, rtol=0)


@pytest.mark.parametrize(("strides", "output_stride", "wanted"), [
    ((2, 4, 8, 16, 16), 16, (2, 3)), ((2, 4, 8, 8, 8), 8, (2, 3)),
    ((2, 4, 8, 16, 32), 32, (2, 3)), ((4, 8, 16, 32), 4, (0, 3)), ((16, 16), 16, (0, 1)),
    ((8,), 8, (0,)),
])
def test_the_levels_that_are_compared(
    strides: tuple[int, ...], output_stride: int, wanted: tuple[int, ...]
) -> None:
    """The last two that are no coarser than the map; the representation where one is missing."""
    backbone = Levels(*strides, output_stride=output_stride)
    assert correlated_levels(backbone) == wanted
    PixelCorrelation(ClassHead(3, 1), backbone)


@pytest.mark.parametrize(("name", "stride"), [
    ("efficientnet_lite0", 8), ("efficientnet_lite0", 16), ("efficientnet_lite0", 32),
    ("resnet18", 16), ("vgg16_bn_quarter", 32), ("vgg16_bn_quarter", 16),
    ("hrnet_w18_small", None), ("vit_ti16", None),
])
def test_every_kind_of_backbone_is_refined(name: str, stride: int | None) -> None:
    """At its own strides, of sizes that no stride divides."""
    backbone = create_backbone(name, output_stride=stride).eval()
    images = drawn(1, 3, 70, 101)
    module = wrapped(ClassHead(backbone.evidence_channels, 2), backbone)
    with torch.inference_mode():
        features = backbone(images)
        features = [*features[:-1], backbone.representation(features)]
        maps = module.read(features, images, None)
        refined = module.refine(drawn(*maps.shape), features, images)
    assert maps.shape == (1, 2, *features[-1].shape[2:])
    assert refined.amax((0, 2, 3)).gt(0).all()
