"""Unpooling puts values where they came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.segmenters.unpooling import unpool
from tag2mask.prediction.export import export_onnx


def drawn(memory_format: torch.memory_format = torch.contiguous_format) -> Tensor:
    """Draw a feature with many equal values, as ReLU leaves them."""
    return torch.randn(2, 3, 6, 10).relu().mul(2).round().contiguous(memory_format=memory_format)


def test_values_go_back_to_their_cells() -> None:
    """By hand: one maximum per 2x2 cells, zero elsewhere."""
    plane = torch.tensor([[1.0, 7.0, 2.0, 0.0], [3.0, 4.0, 5.0, 6.0]])[None, None]
    values, switches = F.max_pool2d(plane, 2, return_indices=True)
    wanted = torch.tensor([[0.0, 7.0, 0.0, 0.0], [0.0, 0.0, 0.0, 6.0]])[None, None]
    torch.testing.assert_close(unpool(values, switches), wanted)
    torch.testing.assert_close(unpool(-values, switches), -wanted)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_it_is_torchs_own(memory_format: torch.memory_format) -> None:
    """Exactly, with equal values in a cell too, forward and backward."""
    _, switches = F.max_pool2d(drawn(memory_format), 2, return_indices=True)
    values = torch.randn(2, 3, 3, 5).contiguous(memory_format=memory_format).requires_grad_()
    asked = torch.randn(2, 3, 6, 10)
    found, wanted = unpool(values, switches), F.max_unpool2d(values, switches, 2)
    assert torch.equal(found, wanted)
    grads = [torch.autograd.grad(result, values, asked)[0] for result in (found, wanted)]
    assert torch.equal(*grads)


class ThereAndBack(nn.Module):
    """Pools, changes every value, and unpools."""

    def forward(self, images: Tensor) -> Tensor:
        """Keep the shape."""
        values, switches = F.max_pool2d(images, 2, return_indices=True)
        return unpool(values + 1, switches)


def test_onnx_takes_the_same_cells(tmp_path: Path) -> None:
    """Of several equal ones the first, in every photo and channel."""
    export_onnx(ThereAndBack(), tmp_path / "model.onnx", {})
    session = onnxruntime.InferenceSession(
        tmp_path / "model.onnx", providers=["CPUExecutionProvider"]
    )
    for batch, height, width in ((1, 32, 96), (3, 64, 32)):
        images = torch.randn(batch, 3, height, width).relu().mul(2).round()
        found = session.run(None, {"images": images.numpy()})[0]
        np.testing.assert_array_equal(found, ThereAndBack()(images).numpy())
