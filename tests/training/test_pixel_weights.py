"""Weights of annotated pixels and of pseudo masks, on photos that are wider than high."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from several_processes import launch

from tag2mask.annotation.records import Annotation, Point
from tag2mask.core import processes
from tag2mask.core.json_records import write_record
from tag2mask.core.processes.batch_share import BatchShare, weighted
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.records import BackgroundChoice
from tag2mask.training.pixel_weights import LEAST, PixelWeights, confidence
from tag2mask.training.psl_loss import pixel_loss

SIZE = (24, 48)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Give a run of two photos whose maps rise from left to right; the second has no tag."""
    run, photos = RunFolder(tmp_path / "run"), []
    for number, tags in enumerate([(0,), ()]):
        path = tmp_path / f"{number}.jpg"
        Image.new("RGB", SIZE[::-1]).save(path)
        photos.append(Photo(name=str(number), path=path, tags=tags, split="train", mask=None))
    rising = np.broadcast_to(np.linspace(0, 1, SIZE[1]), SIZE).astype(np.float32)
    write_planes(run.map_file("0"), rising[None], np.array([0]))
    write_record(run.background, BackgroundChoice(share=0.5, shares=(), learnable=(), found=True))
    return Context(run=run, dataset=Dataset(
        root=tmp_path, layout="tags_csv", classes=("cat",), photos=tuple(photos)))


def clicked(context: Context) -> Context:
    """Add a click in the middle of the first photo."""
    photo = context.dataset.photos[0]
    given = replace(photo, annotation=Annotation(points=(Point(1, 24, 12),)))
    dataset = replace(context.dataset, photos=(given, *context.dataset.photos[1:]))
    return replace(context, dataset=dataset)


def test_without_certain_pixels_there_are_no_weights(context: Context) -> None:
    """So that results without annotations stay the same."""
    assert not PixelWeights(context, context.dataset.photos).any
    assert PixelWeights(clicked(context), clicked(context).dataset.photos).any


def test_pseudo_labels_count_by_the_margin_of_their_map(context: Context) -> None:
    """Low at the threshold, high far on the side of the label; an annotated pixel counts 1."""
    own = clicked(context)
    weights = PixelWeights(own, own.dataset.photos)
    mask = np.zeros(SIZE, np.uint8)
    mask[:, 24:] = 1
    found = weights(own.dataset.photos[0], mask) / 255
    assert found.shape == SIZE
    assert found[12, 24] == 1
    assert found[0, 24] == pytest.approx(LEAST, abs=0.05)
    assert found[0, 0] == pytest.approx(1, abs=0.05)
    assert found[0, -1] == pytest.approx(1, abs=0.05)
    contradicted = weights(own.dataset.photos[0], 1 - mask) / 255
    assert contradicted[0, 0] == contradicted[0, -1] == pytest.approx(LEAST, abs=0.01)


def test_a_photo_without_tags_is_certain(context: Context) -> None:
    """It is background by its tags."""
    weights = PixelWeights(clicked(context), context.dataset.photos)
    assert (weights(context.dataset.photos[1], np.zeros(SIZE, np.uint8)) == 255).all()


def test_confidence_by_hand() -> None:
    """With a quarter of foreground, the rank 0.75 is the threshold."""
    found = confidence(np.array([[0.0, 0.75, 0.875, 1.0]]), 0.25)
    assert found[0, 0].tolist() == [255, 128, 128, 128]
    assert found[1, 0].tolist() == [128, 128, 191, 255]


def test_the_loss_is_a_weighted_mean() -> None:
    """Equal weights are no weights, and pixels without label have none."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 6, generator=generator)
    labels = torch.randint(0, 3, (2, 4, 6), generator=generator)
    labels[0, 0] = 255
    plain = pixel_loss(logits, labels)
    torch.testing.assert_close(pixel_loss(logits, labels, torch.ones(2, 4, 6)), plain)
    only = torch.zeros(2, 4, 6)
    only[1] = 0.5
    torch.testing.assert_close(pixel_loss(logits, labels, only), pixel_loss(logits[1:], labels[1:]))


def weighted_batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give logits, labels and weights of three photos, whose sums of weights differ."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 3, 4, 6, generator=generator)
    labels = torch.randint(0, 3, (3, 4, 6), generator=generator)
    labels[0, :3] = 255
    weights = torch.rand(3, 4, 6, generator=generator) * torch.tensor([0.5, 1, 0.1])[:, None, None]
    return logits, labels, weights


def share_the_loss(whole: float) -> None:
    """Check that the losses of all shares sum up to that of the batch."""
    with processes.joined(device="cpu"):
        share = BatchShare.of(3)
        with share.used():
            own = weighted(pixel_loss(*(part[share.rows] for part in weighted_batch())), share)
        assert sum(processes.exchange(own.item())) == pytest.approx(whole, abs=1e-6)


def test_the_loss_of_several_processes_is_that_of_one(tmp_path: Path) -> None:
    """The weights are averaged over the whole batch, not over the share of a process."""
    ended = launch(2, tmp_path, share_the_loss, pixel_loss(*weighted_batch()).item())
    assert [each.code for each in ended] == [0, 0], ended[0].err[-2000:] + ended[1].err[-2000:]
