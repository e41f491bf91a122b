"""What a segmentation network learns besides its masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_runs import SIZE
from torch.nn import functional as F  # noqa: N812

from tag2mask.data.masks import save_mask
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.mask_training import MaskTraining
from tag2mask.training.networks import start_network


@pytest.mark.parametrize("missed_are_absent", [False, True])
def test_the_gate_does_not_learn_that_a_missed_object_is_absent(
    copied: Path, *, missed_are_absent: bool
) -> None:
    """Where the whole mask lacks the tag; a crop beside an object of the mask does not show it."""
    run = RunFolder(copied)
    context = Context(run=run, dataset=read_run_dataset(run), device="cpu", workers=0)
    photos = context.dataset.split("train")
    for photo in photos[::2]:
        save_mask(run.mask_file(photo.name), np.full(SIZE, 255, np.uint8), num_labels=3)
    start = start_network(
        load_classifier(copied), model="unet", backbone="", weights="none", long_side=80)
    network = start.network.eval()
    job = MaskTraining(context, network, photos, torch.device("cpu"), size=64, batch_size=4,
                       loss="lovasz", missed_are_absent=missed_are_absent)
    batch = next(iter(job.batches(0)))
    batch.masks[:] = 255
    with torch.no_grad():
        _, tags = network.graded_logits(batch.images)
        loss = job.loss(batch)
    unsure = torch.tensor([
        [float(index % 2 == 0 and tag in photos[index].tags) for tag in range(2)]
        for index in batch.indices])
    assert tags is not None
    assert 0 < unsure.sum() < unsure.numel()
    known = torch.ones_like(unsure) if missed_are_absent else 1 - unsure
    torch.testing.assert_close(loss, (F.softplus(tags) * known).mean())
