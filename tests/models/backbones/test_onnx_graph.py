"""A traced graph computes what the module does, without steps that only cost time."""

from __future__ import annotations

import warnings

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones.onnx_graph import OPSET, traced

AXES = {0: "batch", 2: "height", 3: "width"}


class Padded(nn.Module):
    """A convolution after a padding of left, right, top and bottom."""

    def __init__(self, widths: tuple[int, int, int, int], value: float, mode: str) -> None:
        """Draw the weights."""
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(3, 2, 3, padding=1)
        self.widths, self.value, self.mode = widths, value, mode

    def forward(self, images: Tensor) -> Tensor:
        """Pad and convolve."""
        value = self.value if self.mode == "constant" else None
        result: Tensor = self.layer(F.pad(images, self.widths, self.mode, value))
        return result


@pytest.mark.parametrize(("widths", "value", "mode", "merged"), [
    ((0, 1, 2, 3), 0.0, "constant", True),
    ((0, 1, 2, 3), 1.0, "constant", False),
    ((0, -1, 2, 0), 0.0, "constant", False),
    ((1, 1, 2, 2), 0.0, "reflect", False),
])
def test_padding_is_merged_where_it_is_the_same(
    widths: tuple[int, int, int, int], value: float, mode: str, merged: bool
) -> None:
    """Zeros around are; other values, crops and mirror images are steps of their own."""
    module = Padded(widths, value, mode).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = traced(module, torch.zeros(2, 3, 8, 6), outputs=["out"],
                       axes={"images": AXES, "out": AXES})
    assert [node.op_type for node in model.graph.node] == ["Pad"] * (not merged) + ["Conv"]
    assert [(one.domain, one.version) for one in model.opset_import] == [("", OPSET)]
    used = {name for node in model.graph.node for name in node.input}
    assert {one.name for one in model.graph.initializer} <= used
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    images = torch.randn(3, 3, 7, 12)
    with torch.no_grad():
        np.testing.assert_allclose(
            session.run(None, {"images": images.numpy()})[0], module(images).numpy(),
            rtol=1e-4, atol=1e-5)


class Unsupported(nn.Module):
    """Resizes in a way that the exporter does not know."""

    def forward(self, images: Tensor) -> Tensor:
        """Halve the images."""
        return F.interpolate(images, scale_factor=0.5, mode="bicubic", antialias=True)


def test_what_cannot_be_traced_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """The exporter would print the whole graph; afterwards it can do so again."""
    before = torch._C._jit_onnx_log
    with pytest.raises(torch.onnx.errors.UnsupportedOperatorError):
        traced(Unsupported(), torch.zeros(2, 3, 8, 6), outputs=["out"],
               axes={"images": AXES, "out": AXES})
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
    assert torch._C._jit_onnx_log is before
