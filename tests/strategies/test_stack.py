"""Strategies by name, alone and several at once; what they must tell by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.models.backbones.module import BackboneModule
from tag2mask.models.classifiers import ClassHead, Classifier, Head
from tag2mask.models.heads.complementary import ComplementaryHead
from tag2mask.models.heads.dilated import DilatedHead
from tag2mask.strategies import STRATEGIES, create_strategy
from tag2mask.strategies.strategy import Crops, Step, TrainingStrategy, tag_loss


class Small(BackboneModule):
    """One convolution, six channels at stride 8."""

    channels, strides, output_stride = (6,), (8,), 8
    pixel_mean, pixel_std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

    def __init__(self) -> None:
        """Draw the weights."""
        super().__init__()
        self.layer = nn.Conv2d(3, 6, 8, stride=8)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Give one feature."""
        return [self.layer(images).relu()]


def step_of(strategy: TrainingStrategy, count: int = 3, classes: int = 4) -> Step:
    """Make a step with drawn photos."""
    torch.manual_seed(0)
    backbone = Small()
    head = strategy.wrap_head(strategy.build_head(6, classes), backbone)
    classifier = Classifier(backbone, head)
    images = torch.randn(count, 3, 40, 56)
    tags = (torch.rand(count, classes) < 0.5).float()
    return Step(classifier=classifier, images=images, tags=tags,
                features=classifier.features(images))


def build(name: str) -> TrainingStrategy:
    """Build one, and pass over those that need more than one feature."""
    strategy = create_strategy([name])
    try:
        strategy.wrap_head(strategy.build_head(6, 4), Small())
    except InputError as error:
        pytest.skip(str(error))
    return strategy


@pytest.mark.parametrize("name", STRATEGIES.names())
@pytest.mark.parametrize(("count", "classes"), [(3, 4), (1, 4), (3, 1)])
def test_every_strategy_gives_a_loss_that_teaches(name: str, count: int, classes: int) -> None:
    """Of any batch: one photo, one class; every weight of the head gets a gradient."""
    strategy = build(name)
    step = step_of(strategy, count, classes)
    for tags in (step.tags, torch.zeros_like(step.tags), torch.ones_like(step.tags)):
        one = replace(step, tags=tags)
        total = strategy.loss(one)
        assert torch.isfinite(total)
        assert total.shape == ()
    total.backward()
    for parameter in step.classifier.parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all()
    assert step.classifier.backbone.layer.weight.grad.abs().sum() > 0  # type: ignore[union-attr]


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_maps_do_not_depend_on_training_tricks(name: str) -> None:
    """Reading is the same twice, and nothing of the batch preparation is left in it."""
    strategy = build(name)
    classifier = step_of(strategy).classifier.eval()
    images = torch.randn(2, 3, 40, 56)
    first, second = (classifier.class_maps(images, torch.tensor([[1, 2], [3, 3]]))
                     for _ in range(2))
    assert torch.equal(first, second)
    assert first.shape[:2] == (2, 4)


def test_two_strategies_with_rounds_do_not_stack() -> None:
    """Neither can train in the rounds of the other; one with rounds and one without can."""
    with pytest.raises(InputError, match="adversarial_erasing and ensemble do not stack"):
        create_strategy(["adversarial_erasing", "mixup", "ensemble"])
    assert create_strategy(["mixup", "ensemble"]).rounds.independent


class Shift(TrainingStrategy):
    """Adds a number to images, and one to the loss."""

    def __init__(self, number: float) -> None:
        """Remember the number."""
        self._number = number

    def prepare_batch(self, crops: Crops, rng: np.random.Generator) -> Crops:
        """Double, then add."""
        return replace(crops, images=2 * crops.images + self._number)

    def extra_loss(self, views: Sequence[Step]) -> Tensor:
        """Add the number."""
        return torch.tensor(self._number)


def test_a_stack_does_all_in_order() -> None:
    """One head, batches through all, losses added."""
    from tag2mask.strategies.stack import Stack

    stack = Stack((Shift(1.0), TrainingStrategy(), Shift(5.0)))
    crops = Crops(images=torch.ones(1, 3, 8, 8), tags=torch.ones(1, 1), fill=torch.zeros(3))
    found = stack.prepare_batch(crops, np.random.default_rng(0))
    assert torch.equal(found.images, torch.full((1, 3, 8, 8), 11.0))
    step = step_of(stack)
    assert stack.extra_loss([step]) == 6
    assert isinstance(step.classifier.head, ClassHead)
    torch.testing.assert_close(stack.loss(step), tag_loss(step.evidence, step.tags) + 6)
    assert Stack((TrainingStrategy(),)).extra_loss([step]) is None


def test_a_stack_takes_the_one_head() -> None:
    """Wherever it stands in the list."""
    head = create_strategy(["hide_and_seek", "mdc:narrow", "mixup"]).build_head(6, 4)
    assert type(head).__name__ == "DilatedHead"
    assert isinstance(create_strategy(["mixup", "hide_and_seek"]).build_head(6, 4), ClassHead)


@pytest.mark.parametrize(("names", "words"), [
    ([], "Name a training strategy"),
    (["mixup", "mixup"], "mixup is named twice"),
    (["plain", "mixup"], "plain stacks with no other training strategy: it adds nothing"),
    (["acol", "mixup", "mdc"], "acol and mdc do not stack: each brings a class head"),
    (["mixup", "hide_and_sek"], "'hide_and_sek'; did you mean 'hide_and_seek'?"),
])
def test_what_does_not_stack_is_told(names: list[str], words: str) -> None:
    """Which ones, and why."""
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        create_strategy(names)


def test_every_entry_says_what_it_is() -> None:
    """Paper, idea and cost."""
    for name in STRATEGIES.names():
        entry = STRATEGIES.get(name)
        assert entry.paper
        assert entry.idea
        assert entry.cost


def test_the_plain_loss_by_hand() -> None:
    """Evidence with a mean of 0 and a tag: log 2; of two classes the mean."""
    evidence = torch.tensor([[[[1.0, -1.0]], [[100.0, 100.0]]]])
    assert tag_loss(evidence, torch.tensor([[1.0, 1.0]])) == pytest.approx(np.log(2) / 2)


def test_heads_that_wrap_know_their_core() -> None:
    """A head alone is its own."""
    head: Head = ClassHead(6, 4)
    assert head.core is head


@pytest.mark.parametrize("others", [[], ["seam"]])
def test_mdc_is_the_mean_of_its_branches_losses(others: list[str]) -> None:
    """Each on the mean of its own evidence; the same with something around the head."""
    strategy = create_strategy(["mdc:narrow", *others])
    step = step_of(strategy)
    head = step.classifier.head.core
    assert isinstance(head, DilatedHead)
    shared = head.squeeze(step.features[-1])
    losses = [F.multilabel_soft_margin_loss(branch(shared).mean((2, 3)), step.tags)
              for branch in head.branches]
    assert len(losses) == 4
    torch.testing.assert_close(strategy.tag_loss(step), sum(losses) / 4)


def test_acol_is_the_sum_of_both_heads_losses() -> None:
    """The second on features without the region of every tag, of the first head's map."""
    strategy = create_strategy(["acol:narrow"])
    step = step_of(strategy)
    head, feature = step.classifier.head.core, step.features[-1]
    assert isinstance(head, ComplementaryHead)
    first, left = head.first(feature), feature.clone()
    for photo, tags in enumerate(step.tags):
        for label in tags.nonzero().flatten():
            plane = first[photo, label].detach()
            left[photo, :, (plane - plane.min()) / (plane.max() - plane.min()) >= 0.6] = 0
    losses = [F.multilabel_soft_margin_loss(found.mean((2, 3)), step.tags)
              for found in (first, head.second(left))]
    torch.testing.assert_close(strategy.tag_loss(step), losses[0] + losses[1])
