"""CAM shared among like places, against a reading with loops."""

from __future__ import annotations

import pytest
import torch
from nets import photos, small
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps import activate
from tag2mask.maps.correlated_cam import shared
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier


class Levels(BackboneModule):
    """Two features: colours at stride 4, and colours with their negatives at stride 8."""

    channels, strides, output_stride = (3, 6), (4, 8), 8
    pixel_mean, pixel_std = (0.0,) * 3, (1.0,) * 3

    def forward(self, images: Tensor) -> list[Tensor]:
        """Average cells."""
        fine, coarse = (nn.functional.avg_pool2d(images, side) for side in (4, 8))
        return [fine, torch.cat([coarse, -coarse], 1)]


def literal(maps: Tensor, likeness: Tensor) -> Tensor:
    """Average over all cells, weighed by the squared cosine where it is not negative."""
    result = torch.zeros_like(maps)
    batch, classes, height, width = maps.shape
    places = [(y, x) for y in range(height) for x in range(width)]
    for b in range(batch):
        for y, x in places:
            weights = [max(float(nn.functional.cosine_similarity(
                likeness[b, :, y, x], likeness[b, :, v, u], dim=0)), 0) ** 2 for v, u in places]
            for k in range(classes):
                values = [max(float(maps[b, k, v, u]), 0) for v, u in places]
                total = sum(w * value for w, value in zip(weights, values, strict=True))
                result[b, k, y, x] = total / sum(weights)
    return result


def test_sharing_against_loops() -> None:
    """H != W, two photos; what is under 0 in the map counts as nothing."""
    generator = torch.Generator().manual_seed(0)
    maps, likeness = (torch.randn(2, c, 3, 4, generator=generator, dtype=torch.double)
                      for c in (2, 5))
    torch.testing.assert_close(shared(maps, likeness), literal(maps, likeness), atol=1e-4, rtol=0)


def test_two_kinds_of_places_by_hand() -> None:
    """The map peaks on one place of the first kind; all of that kind get the mean, no other."""
    likeness = torch.zeros(1, 2, 2, 4)
    likeness[:, 0, :, :2] = likeness[:, 1, :, 2:] = 1
    maps = torch.zeros(1, 1, 2, 4)
    maps[0, 0, 0, 0] = 8
    expected = torch.tensor([[2.0, 2, 0, 0], [2, 2, 0, 0]])
    torch.testing.assert_close(shared(maps, likeness)[0, 0], expected, atol=1e-3, rtol=0)


def test_a_finer_level_is_averaged_over_the_maps_cells() -> None:
    """And of a classifier here that is the last one before the representation."""
    torch.manual_seed(0)
    classifier = Classifier(Levels(), ClassHead(6, 3)).eval()
    images = torch.randn(2, 3, 24, 32)
    features = classifier.features(images)
    pooled = nn.functional.avg_pool2d(features[0], 2)
    expected = literal(classifier.evidence(images).detach(), pooled)
    found = activate(classifier, images, method="correlated_cam", normalise="none")
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)
    some = activate(classifier, images, method="correlated_cam", normalise="none",
                    classes=[[2], [0]])
    torch.testing.assert_close(some[:, 0], torch.stack([found[0, 2], found[1, 0]]))


@pytest.mark.parametrize("method", ["cam", "correlated_cam"])
def test_layers_that_would_be_ignored_are_refused(method: str) -> None:
    """A classifier here gives the evidence and the feature itself."""
    classifier = Classifier(Levels(), ClassHead(6, 3)).eval()
    with pytest.raises(InputError, match=rf"^{method} reads .* backbone would be ignored"):
        activate(classifier, torch.randn(1, 3, 24, 32), method=method, layer="backbone")


def test_of_a_foreign_model_two_layers_are_read() -> None:
    """What is compared first, then what the class layer sees; one layer is both."""
    model, images = small(), photos(2)
    maps = activate(model, images, method="cam", layer="last", normalise="none", positive=False)
    kept: list[Tensor] = []
    for layer, names in ((model.first, ("first", "last")), (model.last, ("last",))):
        hook = layer.register_forward_hook(lambda *parts: kept.append(parts[2]))
        model(images)
        hook.remove()
        found = activate(model, images, method="correlated_cam", layer=names, normalise="none")
        likeness = nn.functional.adaptive_avg_pool2d(kept.pop().detach(), maps.shape[2:])
        torch.testing.assert_close(found, shared(maps, likeness))
    with pytest.raises(InputError, match="two layers"):
        activate(model, images, method="correlated_cam", layer=("first", "first", "last"))


def test_a_loss_on_the_maps_reaches_what_is_compared() -> None:
    """Where the graph is kept."""
    maps = torch.rand(1, 2, 3, 4, dtype=torch.double, requires_grad=True)
    likeness = torch.randn(1, 3, 3, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(shared, (maps, likeness), atol=1e-4)
