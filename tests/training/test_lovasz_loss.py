"""The Lovász-softmax loss against a literal reading of its paper, and what it is for."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tag2mask.core.processes.batch_share import BatchShare, weighted
from tag2mask.models.backbones import create_backbone
from tag2mask.training.lovasz_loss import lovasz_loss
from tag2mask.training.mask_losses import LOSSES, SeenCrops


@pytest.fixture
def given() -> tuple[Tensor, Tensor]:
    """Give logits of four labels on 3 x 5 x 7 cells, and masks with open cells."""
    torch.manual_seed(0)
    masks = torch.randint(0, 3, (3, 5, 7))
    masks[0, 1:3], masks[1, :, 2], masks[2] = 255, 255, 0
    return torch.randn(3, 4, 5, 7, dtype=torch.float64), masks


def jaccard(wrong: set[int], truth: set[int]) -> float:
    """Return 1 - IoU of a label if these pixels are predicted wrong (equation 6)."""
    return len(wrong) / len(truth | wrong)


def literal(probs: Tensor, masks: Tensor) -> float:
    """Read equations 8, 9 and 11 pixel by pixel, for (K + 1, N) and (N,)."""
    labels = masks.tolist()
    places = [place for place, label in enumerate(labels) if label != 255]
    losses = []
    for label in sorted({labels[place] for place in places}):
        truth = {place for place in places if labels[place] == label}
        own = probs[label].tolist()
        errors = {place: 1 - own[place] if place in truth else own[place] for place in places}
        order = sorted(places, key=lambda place: -errors[place])
        losses.append(sum(
            errors[place] * (jaccard(set(order[: i + 1]), truth) - jaccard(set(order[:i]), truth))
            for i, place in enumerate(order)))
    return sum(losses) / len(losses)


def test_it_is_the_papers(given: tuple[Tensor, Tensor]) -> None:
    """Of all masks of the batch together; H and W differ."""
    logits, masks = given
    probs = logits.softmax(1).transpose(0, 1).flatten(1)
    assert float(lovasz_loss(logits, masks)) == pytest.approx(literal(probs, masks.flatten()))


def test_a_false_alarm_on_another_photo_counts(given: tuple[Tensor, Tensor]) -> None:
    """Though that photo has no pixel of the label."""
    logits, masks = given
    logits[2], masks[0] = 0, 1
    logits[2, 0] = 9
    before = float(lovasz_loss(logits, masks))
    logits[2, 1] = 18
    assert float(lovasz_loss(logits, masks)) > before + 0.1


def test_its_gradient(given: tuple[Tensor, Tensor]) -> None:
    """Exactly, where no two errors are equal."""
    logits, masks = given
    assert torch.autograd.gradcheck(lambda x: lovasz_loss(x, masks), logits.requires_grad_())


def test_sure_predictions_have_the_loss_of_their_overlap() -> None:
    """With probabilities of 0 and 1, it is 1 - IoU, and 0 for what is right."""
    masks = torch.tensor([[[1, 1, 1, 0, 0, 255]]])
    predicted = torch.tensor([[[1, 1, 0, 1, 0, 0]]])  # IoU of 2/4 and of 1/3
    logits = 1e3 * torch.nn.functional.one_hot(predicted, 3).permute(0, 3, 1, 2).double()
    assert float(lovasz_loss(logits, masks)) == pytest.approx(1 - (2 / 4 + 1 / 3) / 2)
    right = 1e3 * torch.nn.functional.one_hot(masks % 255, 3).permute(0, 3, 1, 2).double()
    assert float(lovasz_loss(right, masks)) == pytest.approx(0)


def test_an_object_counts_the_same_whatever_its_size() -> None:
    """Missed altogether, it costs as much with one pixel as with half of the photo."""
    losses = []
    for width in (1, 16):
        masks = torch.zeros(1, 8, 32, dtype=torch.long)
        masks[:, 0, :width] = 1
        logits = torch.tensor([50.0, -50.0])[None, :, None, None].expand(1, 2, 8, 32)
        losses.append(float(lovasz_loss(logits, masks)))
    assert losses == [pytest.approx(0.5 * (1 + width / 256), abs=1e-6) for width in (1, 16)]


def test_a_batch_in_parts_has_the_mean_of_their_losses(given: tuple[Tensor, Tensor]) -> None:
    """Weighted by their crops: the errors of other parts are not known."""
    logits, masks = given
    total, expected = 0.0, 0.0
    for part in BatchShare.of(3).parts(2):
        rows = part.rows
        with part.used():
            total += float(weighted(lovasz_loss(logits[rows], masks[rows]), part))
        expected += part.weight * float(lovasz_loss(logits[rows], masks[rows]))
    assert total == pytest.approx(expected)


def test_nothing_decided_is_no_loss() -> None:
    """A crop beside everything: 0, and a gradient of 0; among others it changes nothing."""
    logits = torch.randn(2, 3, 4, 6, requires_grad=True)
    masks = torch.full((2, 4, 6), 255)
    loss = lovasz_loss(logits, masks)
    loss.backward()
    assert float(loss.detach()) == 0
    assert logits.grad is not None
    assert not logits.grad.any()
    masks[0] = 1
    alone, both = (float(lovasz_loss(logits[:n], masks[:n]).detach()) for n in (1, 2))
    assert both == pytest.approx(alone)


def test_finer_logits_are_thinned() -> None:
    """The overlap of full resolution takes the pixels in the middle of the cells of a quarter."""
    torch.manual_seed(0)
    masks = torch.randint(0, 3, (2, 16, 16)).repeat_interleave(4, 1).repeat_interleave(4, 2)
    coarse = torch.randn(2, 3, 16, 16)
    found = []
    for times in (1, 2, 4):
        logits = coarse.repeat_interleave(times, 2).repeat_interleave(times, 3)
        seen = SeenCrops(
            masks=masks, images=torch.zeros(2, 3, 64, 64), side=80,
            encoder=create_backbone("vgg16_bn_quarter"),
            confidence=lambda: torch.ones(2, 2))
        plain, both = (LOSSES.get(name)(logits, seen) for name in ("cross_entropy", "lovasz"))
        found.append(float(both - plain))
    assert found == [pytest.approx(found[0], abs=1e-6)] * 3
