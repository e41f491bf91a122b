"""What a segmentation network learns besides its masks."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.nn import functional as F  # noqa: N812

from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.mask_training import MaskTraining
from tag2mask.training.networks import start_network


def test_the_gate_learns_no_absence_from_masks_that_miss_a_tag(finished: Path) -> None:
    """Undecided pixels say nothing of the photo's own tags, and the other tags are not there."""
    run = RunFolder(finished)
    context = Context(run=run, dataset=read_run_dataset(run), device="cpu", workers=0)
    start = start_network(
        load_classifier(finished), model="unet", backbone="", weights="none", long_side=80)
    network, photos = start.network.eval(), context.dataset.split("train")
    job = MaskTraining(context, network, photos, torch.device("cpu"), size=64, batch_size=4,
                       loss="lovasz")
    batch = next(iter(job.batches(0)))
    batch.masks[:] = 255
    with torch.no_grad():
        _, tags = network.graded_logits(batch.images)
        loss = job.loss(batch)
    assert tags is not None
    present = torch.tensor([[float(k in photos[i].tags) for k in range(2)] for i in batch.indices])
    assert 0 < present.sum() < present.numel()
    torch.testing.assert_close(loss, (F.softplus(tags) * (1 - present)).mean())
