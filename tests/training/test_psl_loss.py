"""Prohibitive segmentation learning against numbers worked out by hand, and against a loop."""

from __future__ import annotations

import math

import pytest
import torch

from tag2mask.training.psl_loss import pixel_loss, prohibited, psl_loss


@pytest.fixture
def given() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give logits of four labels on 2 x 5 x 7 cells, masks with open cells, and confidences."""
    torch.manual_seed(0)
    masks = torch.randint(0, 4, (2, 5, 7))
    masks[0, 1:3], masks[1, :, 2] = 255, 255
    return torch.randn(2, 4, 5, 7, dtype=torch.float64), masks, torch.rand(2, 3).double()


def test_two_pixels_by_hand() -> None:
    """Both are label 1 in the mask and to the network; the tags let it be 2 here, 0 there.

    0.2, 0.5 x 0.3, 0.3 x 0.9 = 0.20, 0.15, 0.27 and 0.4, 0.5 x 0.3, 0.1 x 0.9 = 0.40, 0.15, 0.09.
    """
    probs = torch.tensor([[[[0.2, 0.4]], [[0.5, 0.5]], [[0.3, 0.1]]]])
    confidence = torch.tensor([[0.3, 0.9]])
    assert prohibited(probs.log(), confidence).tolist() == [[[2, 0]]]
    loss = psl_loss(probs.log(), torch.tensor([[[1, 1]]]), confidence)
    # -ln 0.5 = 0.693147; (-ln 0.3 - ln 0.4) / 2 = (1.203973 + 0.916291) / 2 = 1.060132
    assert float(loss) == pytest.approx(1.753279, abs=1e-5)


def test_it_is_the_loop(given: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> None:
    """Pixel by pixel, open ones left out of both targets."""
    logits, masks, confidence = given
    first, second, count = 0.0, 0.0, 0
    for b in range(2):
        for y in range(5):
            for x in range(7):
                if masks[b, y, x] == 255:
                    continue
                values = [math.exp(v) for v in logits[b, :, y, x].tolist()]
                probs = [v / sum(values) for v in values]
                weighed = [probs[0], *(p * float(c) for p, c in
                                       zip(probs[1:], confidence[b], strict=True))]
                first -= math.log(probs[int(masks[b, y, x])])
                second -= math.log(probs[weighed.index(max(weighed))])
                count += 1
    expected = (first + second) / count
    assert float(psl_loss(logits, masks, confidence)) == pytest.approx(expected)


def test_its_gradient(given: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> None:
    """The second target is constant; both losses lead back to the logits."""
    logits, masks, confidence = given
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: psl_loss(x, masks, confidence), logits)


def test_sure_tags_change_nothing_and_unlikely_ones_are_prohibited(
    given: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
) -> None:
    """With weight 1 for all the prediction is its own target; with 0 all is background."""
    logits, masks, confidence = given
    assert torch.equal(prohibited(logits, torch.ones_like(confidence)), logits.argmax(1))
    assert not prohibited(logits, torch.zeros_like(confidence)).any()
    assert torch.isfinite(psl_loss(logits, masks, torch.zeros_like(confidence)))


def test_nothing_decided_is_no_loss() -> None:
    """A crop beside everything: 0, and a gradient of 0."""
    logits = torch.randn(1, 3, 4, 6, requires_grad=True)
    masks = torch.full((1, 4, 6), 255)
    loss = psl_loss(logits, masks, torch.ones(1, 2)) + pixel_loss(logits, masks)
    loss.backward()
    assert float(loss.detach()) == 0
    assert logits.grad is not None
    assert not logits.grad.any()
