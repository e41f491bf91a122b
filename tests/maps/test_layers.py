"""Layers that are given, called or followed in unusual ways are read right, or refused."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
from nets import photos, small
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.maps import activate


class Twice(nn.Module):
    """One activation, called after both convolutions."""

    def __init__(self) -> None:
        """Draw the weights."""
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Conv2d(3, 5, 3, 2, 1), nn.Conv2d(5, 5, 3, 1, 1)
        self.act, self.fc, self.own = nn.ReLU(), nn.Linear(5, 3), nn.ReLU()
        self.shared = True

    def forward(self, images: Tensor) -> Tensor:
        """Map images to logits."""
        last = self.act if self.shared else self.own
        return self.fc(last(self.two(self.act(self.one(images)))).mean((2, 3)))


@pytest.mark.parametrize("method", ["cam", "grad_cam", "layer_cam", "ablation_cam", "eigen_cam"])
def test_of_a_layer_that_is_called_twice_the_last_call_is_read(method: str) -> None:
    """With a word where it was named; as if the last call were a layer of its own."""
    model = Twice().double().eval()
    with pytest.warns(UserWarning, match="calls layer act 2 times; the map is read from its last"):
        found = activate(model, photos(), method=method, layer="act")
    model.shared = False
    torch.testing.assert_close(found, activate(model, photos(), method=method, layer="own"))


@pytest.mark.parametrize("method", ["grad_cam", "eigen_cam", "score_cam", "ablation_cam"])
def test_an_activation_in_place_does_not_change_what_is_read(method: str) -> None:
    """The convolution's own output, of both signs."""
    kept = small()
    found = activate(kept, photos(), method=method, layer="last.0", positive=False)
    for part in (kept.first, kept.last):
        part[1] = nn.ReLU(inplace=False)
    torch.testing.assert_close(
        found, activate(kept, photos(), method=method, layer="last.0", positive=False))


def test_cam_reads_what_the_class_layer_sees() -> None:
    """Also where the layer that is named is changed in place before it."""
    model = small()
    torch.testing.assert_close(activate(model, photos(), method="cam", layer="last.0"),
                               activate(model, photos(), method="cam", layer="last"))


def test_a_layer_may_be_given_as_a_module() -> None:
    """One or several, of the model itself or of a wrapped one; by a wrapper's name too."""
    model = small()
    wanted = activate(model, photos(), layer="last")
    for given in (model.last, [model.last]):
        torch.testing.assert_close(activate(model, photos(), layer=given), wanted)
    wrapped = nn.DataParallel(model)
    for name in (model.last, "module.last", "last"):
        torch.testing.assert_close(activate(wrapped, photos(), layer=name), wanted)
    for given, told in [(nn.ReLU(), "a ReLU, is no part of the model"), (model, "the model itself"),
                        (3, "layer is a int"), ([3], "layer is a int")]:
        with pytest.raises(InputError, match=told):
            activate(model, photos(), layer=given)  # type: ignore[arg-type]


class _Pair(NamedTuple):
    feature: Tensor
    other: int


class Objects(nn.Module):
    """A layer that gives a tuple, a named tuple or a mapping; and logits in a mapping."""

    def __init__(self, kind: str) -> None:
        """Take the parts of a small network."""
        super().__init__()
        self.net, self.kind, self.body = small(), kind, _Body(kind)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Map images to {"scores": logits}."""
        given = self.body(self.net.last(self.net.first(images)))
        feature = given["feature"] if self.kind == "mapping" else given[0]
        return {"scores": self.net.fc(self.net.pool(feature).flatten(1))}


class _Body(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, feature: Tensor) -> object:
        made = {"tuple": (feature, 1), "named": _Pair(feature, 1), "mapping": {"feature": feature}}
        return made[self.kind]


@pytest.mark.parametrize("kind", ["tuple", "named", "mapping"])
def test_outputs_may_be_objects(kind: str) -> None:
    """Of the layer as of the model."""
    wanted = activate(small(), photos(), layer="last")
    model = Objects(kind).double().eval()
    for layer in ("body", None):
        torch.testing.assert_close(activate(model, photos(), layer=layer), wanted)


def test_numbers_that_are_none_are_refused() -> None:
    """In the images, and out of the model."""
    images = photos()
    images[1, 0, 2, 3] = torch.nan
    with pytest.raises(InputError, match="images hold NaN"):
        activate(small(), images)
    model = small()
    model.fc[0].weight.data[0, 0] = torch.inf
    with pytest.raises(InputError, match="The model's maps hold NaN or inf"):
        activate(model, photos())


def test_a_model_that_fails_on_the_images_is_named() -> None:
    """With its own words."""
    with pytest.raises(InputError, match=r"Small cannot be run on images \(1, 1, 8, 8\)"):
        activate(small(), torch.zeros(1, 1, 8, 8).double())
    with pytest.raises(InputError, match="reshape_transform gives"):
        activate(small(), photos(), layer="last", reshape_transform=lambda y: y[0])
