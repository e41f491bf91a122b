"""A backbone that is read in another runtime gives the same features at every size."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones import BackboneModule, create_backbone, exported, reading
from tag2mask.models.backbones.conv_norm import fold_all
from tag2mask.models.backbones.export_graph import graph_of
from tag2mask.models.backbones.exported import ExportedBackbone
from tag2mask.models.backbones.reading import ENOUGH_PIXELS, for_reading, name_of

MANY = 10 * ENOUGH_PIXELS


def drawn(*size: int, batch: int = 2) -> Tensor:
    """Draw images."""
    return torch.randn(batch, 3, *size, generator=torch.Generator().manual_seed(1))


def built(name: str, stride: int | None = None) -> BackboneModule:
    """Build a backbone with weights at random, ready to be read."""
    torch.manual_seed(0)
    backbone = create_backbone(name, output_stride=stride).eval()
    fold_all(backbone)
    return backbone


class Doubled(BackboneModule):
    """A backbone of one convolution, and one that claims to be it."""

    channels, strides, output_stride, pads_to = (2,), (1,), 1, 1
    pixel_mean, pixel_std = (0.0,) * 3, (1.0,) * 3

    def __init__(self, factor: float = 1.0) -> None:
        """Draw the weights."""
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.factor = nn.Conv2d(3, 2, 1), factor

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return one feature."""
        return [self.factor * self.layer(images)]


@pytest.mark.parametrize(("name", "stride"), [
    ("efficientnet_lite0", 16), ("efficientnet_lite0", 8), ("resnet18", 16),
    ("vgg16_bn_quarter", 16), ("hrnet_w18_small", 4),
])
def test_features_are_equal_at_every_size(name: str, stride: int) -> None:
    """Of more photos than one, at sizes that are multiples of nothing."""
    backbone = built(name, stride)
    read = for_reading(backbone, pixels=0, runtime="onnxruntime")
    assert (read.channels, read.strides) == (backbone.channels, backbone.strides)
    assert read.evidence_channels == backbone.evidence_channels
    with torch.no_grad():
        for images in (drawn(64, 96, batch=1), drawn(37, 75), drawn(50, 33, batch=3)):
            images = images.contiguous(memory_format=torch.channels_last)
            wanted, found = backbone(images), read(images)
            for one, other in zip(wanted, found, strict=True):
                largest = float(one.abs().max())
                torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-4 * largest)
            torch.testing.assert_close(
                read.representation(found), backbone.representation(wanted), rtol=1e-4, atol=1e-3
            )


def test_large_batches_are_computed_a_few_images_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which takes less memory and changes no bit; a single image is never split."""
    sizes: list[int] = []

    def compute(images: np.ndarray) -> list[np.ndarray]:
        sizes.append(len(images))
        return [2 * images[:, :2]]

    read, images = ExportedBackbone(Doubled().eval(), compute), drawn(6, 8, batch=5)
    with torch.no_grad():
        for pixels, wanted in ((1, [1] * 5), (2 * 6 * 8, [2, 2, 1]), (10**6, [5])):
            monkeypatch.setattr(exported, "MOST_PIXELS", pixels)
            sizes.clear()
            torch.testing.assert_close(read(images)[0], 2 * images[:, :2], rtol=0, atol=0)
            assert sizes == wanted


def test_padding_is_part_of_the_convolutions() -> None:
    """A step of its own would take a fifth of the time; nothing unused is left behind."""
    graph = onnx.load_from_string(graph_of(built("efficientnet_lite0", 16))).graph
    assert not [node for node in graph.node if node.op_type == "Pad"]
    used = {name for node in graph.node for name in node.input}
    assert {one.name for one in graph.initializer} <= used


def test_gradients_come_from_the_backbone_itself() -> None:
    """Where they are asked for, they are right and not silently missing."""
    backbone, images = built("vgg16_bn_quarter", 16), drawn(32, 48).requires_grad_()
    read = for_reading(backbone, pixels=0, runtime="onnxruntime")
    read(images)[-1].sum().backward()
    found, images.grad = images.grad, None
    backbone(images)[-1].sum().backward()
    assert found is not None
    torch.testing.assert_close(found, images.grad)


def test_double_precision_is_kept() -> None:
    """The exported graph has float32 only."""
    backbone = Doubled()
    read = for_reading(backbone, pixels=0, runtime="onnxruntime").double()
    with torch.no_grad():
        assert read(drawn(4, 6).double())[0].dtype == torch.float64


def test_auto_exports_only_where_enough_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export costs more than it saves on a few photos."""
    monkeypatch.setattr(reading, "_times", lambda *_: iter([(1.0, 2.0)]))
    monkeypatch.setattr(reading, "in_bfloat16", lambda: False)
    backbone = built("vgg16_bn_quarter", 16)
    assert for_reading(backbone, pixels=ENOUGH_PIXELS / 2) is backbone
    assert name_of(for_reading(backbone, pixels=MANY)) == "onnxruntime"
    assert name_of(for_reading(backbone, pixels=MANY, runtime="eager")) == "eager"


def test_auto_keeps_torch_where_it_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the best of several rounds."""
    monkeypatch.setattr(reading, "_times", lambda *_: iter([(5.0, 3.0), (3.0, 3.0)]))
    monkeypatch.setattr(reading, "in_bfloat16", lambda: False)
    backbone = Doubled()
    assert for_reading(backbone, pixels=MANY) is backbone


@pytest.mark.parametrize("claimed", ["other numbers", "other sizes", "cannot be run"])
def test_auto_keeps_torch_where_the_export_differs(
    claimed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal within 1e-4 of the largest value; whatever fails is not used either."""
    backbone, other = Doubled(), Doubled(1.001)

    def compute(images: object) -> list[object]:
        if claimed == "cannot be run":
            raise RuntimeError("no kernel")
        with torch.no_grad():
            found = other(torch.as_tensor(images))[0]
        return [found.numpy()[..., :-1, :] if claimed == "other sizes" else found.numpy()]

    monkeypatch.setattr(reading, "in_onnx_runtime", lambda b: ExportedBackbone(b, compute))
    monkeypatch.setattr(reading, "_times", lambda *_: iter([(1.0, 2.0)]))
    assert for_reading(backbone, pixels=MANY) is backbone


def test_what_depends_on_the_size_is_not_exported() -> None:
    """Positions of a transformer are interpolated to the size of the photo."""
    with torch.device("meta"):
        backbone = create_backbone("vit_ti16").eval()
    assert for_reading(backbone, pixels=MANY) is backbone
    with pytest.raises(InputError, match="eager"):
        for_reading(backbone, pixels=MANY, runtime="onnxruntime")


def test_an_unknown_runtime_is_named() -> None:
    """With those there are."""
    with pytest.raises(InputError, match="did you mean 'onnxruntime'"):
        for_reading(Doubled(), pixels=0, runtime="onnxruntim")
    with pytest.raises(InputError, match="choose one of auto, eager, onnxruntime"):
        for_reading(Doubled(), pixels=0, runtime="tensorrt")
