"""A batch in parts has the loss and the gradients of the whole batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from several_processes import launch
from torch import Tensor, nn

from tag2mask.core import processes
from tag2mask.core.contracts import InputError
from tag2mask.core.processes import batch_share
from tag2mask.core.processes.batch_share import BatchShare, joint_count
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages.classify.tag_training import TagTraining
from tag2mask.strategies import create_strategy
from tag2mask.strategies.loading import build_classifier, load_classifier
from tag2mask.training.joint_gradients import sum_gradients
from tag2mask.training.mask_training import MaskTraining
from tag2mask.training.masked_crops import MaskBatch
from tag2mask.training.networks import start_network
from tag2mask.training.parts import part_sentence

CPU = torch.device("cpu")
BATCH, FEWER, AT_ONCE = 6, 5, 2
LOSSES = ("cross_entropy", "sec", "psl")


def read(run: Path) -> Context:
    """Return the context of a finished run."""
    folder = RunFolder(run)
    return Context(run=folder, dataset=read_run_dataset(folder), device="cpu", workers=0)


def mask_training(run: Path, loss: str) -> tuple[nn.Module, MaskTraining]:
    """Give a network, whose batch normalisation does not adapt, and its training."""
    context = read(run)
    torch.manual_seed(0)
    start = start_network(
        load_classifier(run), model="unet", backbone="", weights="none", long_side=80)
    for layer in start.network.train().modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    job = MaskTraining(context, start.network, context.dataset.split("train"), CPU, size=64,
                       batch_size=BATCH, loss=loss)
    return start.network, job


def batch_of(job: MaskTraining, *, weighted: bool = False) -> MaskBatch:
    """Give five crops, which have different numbers of labelled pixels."""
    whole = next(iter(job.batches(0)))
    batch = MaskBatch(whole.images[:FEWER], whole.masks[:FEWER], whole.indices[:FEWER])
    batch.masks[0, :40] = 255
    if not weighted:
        return batch
    torch.manual_seed(1)
    return replace(batch, weights=torch.rand(batch.masks.shape) / torch.arange(
        1, len(batch.masks) + 1)[:, None, None])


def trained(
    model: nn.Module, loss: Callable[..., Tensor], parts: Sequence[object]
) -> tuple[float, list[Tensor]]:
    """Return the sum of the losses of parts, and of their gradients."""
    model.zero_grad()
    total = 0.0
    for part in parts:
        own = loss(part)
        own.backward()
        total += own.item()
    sum_gradients(model)
    gradients = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    return sum(processes.exchange(total)), gradients


def check_alike(model: nn.Module, loss: Callable[..., Tensor], batch: object,
                parts: Sequence[object]) -> None:
    """Compare parts with the whole."""
    assert len(parts) == 3
    whole, expected = trained(model, loss, [batch])
    found, gradients = trained(model, loss, parts)
    assert found == pytest.approx(whole, abs=1e-5)
    assert len(gradients) == len(expected) > 10
    for one, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("loss", "weighted"), [*((loss, False) for loss in LOSSES),
                                                ("cross_entropy", True), ("psl", True)])
def test_masks_are_trained_on_in_parts(loss: str, weighted: bool, finished: Path) -> None:
    """Means over labelled pixels are those of the whole batch, with and without weights."""
    model, job = mask_training(finished, loss)
    batch = batch_of(job, weighted=weighted)
    check_alike(model, job.loss, batch, batch.parts(AT_ONCE))


@pytest.mark.parametrize("strategy", ["plain", "seam", "mixup"])
def test_tags_are_trained_on_in_parts(strategy: str, finished: Path) -> None:
    """Also with the losses of strategies, and at annotated places."""
    context = read(finished)
    torch.manual_seed(0)
    way = create_strategy((strategy,))
    spec = replace(load_classifier(finished).spec, strategy=(strategy,))
    classifier = build_classifier(spec, start=True).train()
    job = TagTraining(context, classifier, context.dataset.split("train"), CPU, strategy=way,
                      size=64, batch_size=BATCH, annotation_weight=1.0, at_once=AT_ONCE)
    crops = next(iter(job.batches(0)))
    labels = torch.full((FEWER, 64, 64), 255)
    labels[1, 10:20] = labels[4, 30:] = 0
    crops = replace(
        crops, images=crops.images[:FEWER], tags=crops.tags[:FEWER], labels=labels, share=None)
    check_alike(classifier, job.loss, crops, job.parts(crops))


def part_like_one(run: Path, expected: dict[str, float]) -> None:
    """Check losses of two processes that compute their shares in parts."""
    with processes.joined(device="cpu"):
        for loss, whole in expected.items():
            model, job = mask_training(run, loss)
            batch = next(iter(job.batches(0)))
            parts = batch.parts(AT_ONCE)
            assert len(parts) == 2
            found, _ = trained(model, job.loss, parts)
            assert found == pytest.approx(whole, abs=1e-4), loss


@pytest.mark.slow
def test_two_processes_with_parts_are_one_without(finished: Path, tmp_path: Path) -> None:
    """Shares of two and three photos have as many parts."""
    expected = {}
    for loss in LOSSES:
        model, job = mask_training(finished, loss)
        expected[loss] = trained(model, job.loss, [next(iter(job.batches(0)))])[0]
    ended = launch(2, tmp_path, part_like_one, finished, expected)
    assert [each.code for each in ended] == [0, 0], ended[0].err[-2000:] + ended[1].err[-2000:]


@pytest.mark.parametrize(("whole", "at_once", "bounds"), [
    (5, 2, [(0, 1), (1, 3), (3, 5)]), (4, 2, [(0, 2), (2, 4)]), (4, 3, [(0, 2), (2, 4)]),
    (3, 3, [(0, 3)]), (3, 8, [(0, 3)]), (3, 0, [(0, 3)]), (2, 1, [(0, 1), (1, 2)]),
])
def test_parts_cover_a_share_once(whole: int, at_once: int, bounds: list[tuple[int, int]]) -> None:
    """None is larger than asked for, and a whole batch stays what it is."""
    share = BatchShare.of(whole)
    parts = share.parts(at_once)
    assert [(part.start, part.stop) for part in parts] == bounds
    assert sum(part.weight for part in parts) == pytest.approx(1)
    assert (parts == [share]) is (len(bounds) == 1)


@pytest.mark.parametrize(("whole", "at_once"), [(5, 2), (7, 1), (1, 1), (3, 1), (2, 4)])
def test_all_processes_have_as_many_parts(
    whole: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with fewer photos repeats some, which do not count."""
    monkeypatch.setattr(batch_share, "count", lambda: 2)
    seen: list[int] = []
    numbers = set()
    for rank in range(2):
        monkeypatch.setattr(batch_share, "rank", lambda rank=rank: rank)
        share = BatchShare.of(whole)
        parts = share.parts(at_once)
        numbers.add(len(parts))
        for part in parts:
            rows = range(share.stop - share.start)[part.rows_within]
            assert 1 <= len(rows) <= at_once
            seen += [share.start + row for row in rows] if part.counts else []
    assert seen == list(range(whole))
    assert len(numbers) == 1


def test_an_unknown_mean_is_refused() -> None:
    """A loss that averages something else than photos must say how much of it the share has."""
    part = BatchShare.of(4).parts(2)[0]
    with part.used():
        assert float(joint_count(torch.tensor(3), in_share=torch.tensor(10))) == 5
        with pytest.raises(InputError, match="set at_once to 0"):
            joint_count(torch.tensor(3))


def test_layers_that_see_a_whole_batch_are_named(finished: Path) -> None:
    """Only if the batch has parts; and a loss that takes overlaps over it."""
    unet, _ = mask_training(finished, "sec")
    said = partial(part_sentence, batch_size=BATCH)
    assert "batch normalisation sees about 2 crops at a time" in said(unet, 2)
    assert said(load_classifier(finished), 2) == said(unet, 0) == said(unet, BATCH) == ""
    dropped = nn.Sequential(nn.Dropout2d(0.5), nn.BatchNorm2d(2))
    assert "batch normalisation and dropout see about 1 crops" in said(dropped, 1)
    assert "the overlap of classes, batch normalisation and dropout see" in said(
        dropped, 1, overlaps=True)
    assert "the overlap of classes sees" in said(nn.Identity(), 1, overlaps=True)
    assert said(nn.Dropout2d(0), 1) == said(nn.Identity(), 0, overlaps=True) == ""
