"""The gate: open at first, a class layer's tags when started so, and a factor on pixels."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.models.backbones import create_backbone
from tag2mask.models.segmenters import create_segmenter
from tag2mask.models.segmenters.tag_gate import TagGate, gated, tag_loss, ungated
from tag2mask.prediction.export import export_onnx


def test_a_gate_begins_open_and_blind() -> None:
    """Every class passes with the same small loss, whatever the photo."""
    gate = TagGate(8, 3)
    tags = gate(torch.randn(2, 8, 4, 5))
    assert tags.shape == (2, 3)
    torch.testing.assert_close(tags, torch.full((2, 3), 4.0))


def test_it_can_begin_with_a_classifiers_tags() -> None:
    """The mean over places of a class layer's evidence."""
    feature, layer = torch.randn(2, 8, 4, 5), torch.randn(3, 8, 1, 1)
    gate = TagGate(8, 3)
    gate.start_from(layer)
    torch.testing.assert_close(gate(feature), F.conv2d(feature, layer).mean((2, 3)))


def test_a_gate_of_other_channels_stays_open() -> None:
    """A classifier with a representation head has a class layer for more than the last feature."""
    gate = TagGate(8, 3)
    gate.start_from(torch.randn(3, 15, 1, 1))
    torch.testing.assert_close(gate(torch.randn(2, 8, 4, 5)), torch.full((2, 3), 4.0))


def test_a_pixel_is_what_it_looks_like_times_what_is_there() -> None:
    """By hand: odds of class against background are multiplied by the tag's probability."""
    logits, tags = torch.randn(1, 3, 2, 4), torch.tensor([[0.0, 2.0]])
    found = gated(logits, tags)
    before, after = logits.exp(), found.exp()
    for row, probability in ((1, 0.5), (2, torch.sigmoid(torch.tensor(2.0)).item())):
        torch.testing.assert_close(
            after[:, row] / after[:, 0], probability * before[:, row] / before[:, 0])


def test_a_gate_can_be_taken_out() -> None:
    """What is left are the logits before it; without a gate nothing changes."""
    logits, tags = torch.randn(2, 4, 3, 5), torch.tensor([[0.0, 9.0, -9.0], [-40.0, 1.0, 3.0]])
    torch.testing.assert_close(ungated(gated(logits, tags), tags), logits, atol=1e-5, rtol=0)
    assert ungated(logits, None) is logits


def test_a_tag_far_from_being_there_stays_finite_when_exported(tmp_path: Path) -> None:
    """As it does in torch, and in both directions."""

    class Gated(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            far = images[:, :2].mean((2, 3)) * 0 + torch.tensor([-200.0, 200.0])
            return gated(images, far)

    export_onnx(Gated(), tmp_path / "model.onnx", {})
    session = onnxruntime.InferenceSession(
        tmp_path / "model.onnx", providers=["CPUExecutionProvider"]
    )
    images = torch.randn(1, 3, 32, 64)
    found = session.run(None, {"images": images.numpy()})[0]
    wanted = images - torch.tensor([0.0, 200.0, 0.0])[:, None, None]
    torch.testing.assert_close(torch.from_numpy(found), wanted)


def test_tags_are_scored_by_what_crops_show() -> None:
    """Undecided pixels show nothing, and an unsure class is left out; worked out by hand."""
    masks = torch.tensor([[[0, 2, 255]], [[255, 255, 0]]])
    unsure = torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    tags = torch.tensor([[0.0, 3.0], [0.5, -1.0]])
    wanted = -F.logsigmoid(torch.tensor([0.0, 3.0, -0.5])).sum() / 4
    torch.testing.assert_close(tag_loss(tags, masks, unsure), wanted)
    tags = tags.double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda t: tag_loss(t, masks, unsure).double(), tags, atol=1e-3, eps=1e-3)


@pytest.mark.parametrize("name", ["unet", "hrnet_ocr"])
def test_a_network_learns_by_its_gate_too(name: str) -> None:
    """Its own logits carry the gate; what is told on the way to them does not."""
    encoder = create_backbone("efficientnet_lite0") if name == "unet" else None
    network = create_segmenter(name, num_labels=4, encoder=encoder, tag_gate=True).eval()
    images = torch.randn(1, 3, 50, 40)
    with torch.no_grad():
        assert network.gate is not None
        network.gate.layer.bias[1] = -9.0
        (own, *_), tags = network.graded_logits(images)
        shut = network.logits(images)
        torch.testing.assert_close(own[0], shut)
        network.gate.layer.bias[1] = 4.0
        apart = network.logits(images) - shut
    assert tags is not None
    assert tags.shape == (1, 3)
    assert apart[:, 2].min() > 8
    torch.testing.assert_close(apart[:, [0, 1, 3]], torch.zeros_like(apart[:, [0, 1, 3]]))
