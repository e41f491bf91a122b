"""Every method by gradients against its paper, read literally, in loops."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from nets import photos, small
from torch import Tensor, nn

from tag2mask.maps import activate

Literal = Callable[[Tensor, Tensor], Tensor]


def literal_grad_cam(a: Tensor, g: Tensor) -> Tensor:
    """Selvaraju 2017: alpha_c is the mean gradient; the map is the sum of alpha_c A_c."""
    channels, h, w = a.shape
    out = torch.zeros(h, w).double()
    for c in range(channels):
        out += sum(g[c, y, x] for y in range(h) for x in range(w)) / (h * w) * a[c]
    return out


def literal_grad_cam_pp(a: Tensor, g: Tensor) -> Tensor:
    """Chattopadhay 2018, equations 5 and 19."""
    channels, h, w = a.shape
    out = torch.zeros(h, w).double()
    for c in range(channels):
        weight = 0.0
        for y in range(h):
            for x in range(w):
                d = float(g[c, y, x])
                if d > 0:
                    weight += d**2 / (2 * d**2 + float(a[c].sum()) * d**3) * d
        out += weight * a[c]
    return out


def literal_layer_cam(a: Tensor, g: Tensor) -> Tensor:
    """Jiang 2021: every place by its own positive gradient."""
    channels, h, w = a.shape
    out = torch.zeros(h, w).double()
    for c in range(channels):
        for y in range(h):
            for x in range(w):
                out[y, x] += max(float(g[c, y, x]), 0.0) * a[c, y, x]
    return out


def literal_hires_cam(a: Tensor, g: Tensor) -> Tensor:
    """Draelos 2020: gradient times activation, summed over channels."""
    channels, h, w = a.shape
    return torch.tensor([[sum(float(g[c, y, x] * a[c, y, x]) for c in range(channels))
                          for x in range(w)] for y in range(h)]).double()


def literal_xgrad_cam(a: Tensor, g: Tensor) -> Tensor:
    """Fu 2020: gradients weighted by the share of the activation."""
    channels, h, w = a.shape
    out = torch.zeros(h, w).double()
    for c in range(channels):
        total = float(a[c].sum())
        weight = sum(float(g[c, y, x] * a[c, y, x]) / total if total else 0.0
                     for y in range(h) for x in range(w))
        out += weight * a[c]
    return out


LITERAL: dict[str, Literal] = {
    "grad_cam": literal_grad_cam, "grad_cam_pp": literal_grad_cam_pp,
    "layer_cam": literal_layer_cam, "hires_cam": literal_hires_cam,
    "xgrad_cam": literal_xgrad_cam,
}


def by_hand(model: nn.Module, images: Tensor, layer: str, literal: Literal) -> Tensor:
    """Read maps image by image and class by class, with a full backward pass each."""
    kept: list[Tensor] = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, o: kept.append(o))
    rows = []
    for image in images:
        row = []
        for label in range(4):
            kept.clear()
            logit = model(image[None])[0, label]
            gradient = torch.autograd.grad(logit, kept[0])[0][0]
            row.append(literal(kept[0][0].detach(), gradient))
        rows.append(torch.stack(row))
    handle.remove()
    return torch.stack(rows)


@pytest.mark.parametrize("method", LITERAL)
@pytest.mark.parametrize("layer", ["first", "last", "last.0"])
@pytest.mark.parametrize("deep", [False, True])
def test_it_equals_the_paper(method: str, layer: str, deep: bool) -> None:
    """At an inner layer, at the last one, and where what follows writes into the output."""
    model, images = small(deep=deep), photos()
    if layer == "last.0":
        model.last[1] = nn.ReLU()  # the hand's own hook does not survive writing in place
    wanted = by_hand(model, images, layer, LITERAL[method])
    if layer == "last.0":
        model.last[1] = nn.ReLU(inplace=True)
    found = activate(model, images, method=method, layer=layer, normalise="none", positive=False)
    torch.testing.assert_close(found, wanted)
    assert (found < 0).any() or method in ("grad_cam_pp", "layer_cam")


def test_the_closed_form_is_what_a_backward_pass_gives() -> None:
    """Where the layer goes straight into a mean; one cell's worth of noise prevents it."""
    model, images = small(), photos()

    class Other(nn.Module):
        def forward(self, feature: Tensor) -> Tensor:
            return feature.flatten(2).sum(2) / feature[0, 0].numel()

    found = activate(model, images, layer="last", normalise="none")
    model.pool = Other()
    torch.testing.assert_close(
        activate(model, images, layer="last", normalise="none"), found
    )


def test_the_closed_form_makes_no_gradient_as_large_as_the_feature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only that of the mean is asked for."""
    sizes, plain = [], torch.autograd.grad

    def spy(*args: object, **kwargs: object) -> tuple[Tensor, ...]:
        found = plain(*args, **kwargs)
        sizes.append(found[0].numel())
        return found

    monkeypatch.setattr(torch.autograd, "grad", spy)
    activate(small(), photos(), layer="last")
    assert sizes == [3 * 6] * 4
    sizes.clear()
    activate(small(), photos(), layer="first")
    assert sizes == [3 * 5 * 6 * 9] * 4


def test_cam_is_grad_cam_times_the_number_of_cells() -> None:
    """For a class layer that is linear over the mean."""
    options = {"normalise": "none", "positive": False}
    cam = activate(small(), photos(), method="cam", layer="last", **options)
    torch.testing.assert_close(cam, activate(small(), photos(), layer="last", **options) * 6 * 9)


def test_a_target_with_two_ways_is_seen_whole() -> None:
    """A layer whose mean is used, and whose cells are too: no short cut."""
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 2, 1)

        def forward(self, images: Tensor) -> Tensor:
            feature = self.layer(images)
            return feature.mean((2, 3)) + feature.amax((2, 3))

    torch.manual_seed(0)
    model, images = Both().double().eval(), photos(1)
    found = activate(model, images, method="hires_cam", normalise="none", positive=False,
                     layer="layer")
    feature = model.layer(images).detach()
    for label in range(2):
        gradient = torch.full_like(feature[0, label], 1 / feature[0, 0].numel())
        gradient.view(-1)[feature[0, label].argmax()] += 1
        torch.testing.assert_close(found[0, label], gradient * feature[0, label])
