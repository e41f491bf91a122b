"""Peak memory of a training step on random crops, computed at once and in parts.

    python benchmarks/at_once.py

Prints a row for each network and number of crops at once: the peak memory above that before the
step, in MiB, and the CPU seconds of a step. Every row is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from tag2mask.core.device import channels_last
from tag2mask.core.memory import peak_memory_mb
from tag2mask.core.processes.batch_share import BatchShare, weighted
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.classifiers import Classifier, ClassifierSpec
from tag2mask.strategies.loading import build_classifier
from tag2mask.strategies.strategy import tag_loss
from tag2mask.training.mask_losses import LOSSES, SeenCrops
from tag2mask.training.masked_crops import MaskBatch
from tag2mask.training.networks import start_network

BACKBONE, CLASSES, SIDE, CROPS, STEPS = "efficientnet_lite0", ("a", "b", "c"), 256, 16, 2


def make_classifier() -> Classifier:
    """Build the default classifier."""
    spec = ClassifierSpec(
        backbone=BACKBONE, output_stride=16, strategy=("plain",), long_side=320,
        weights="pretrained", pretraining="ImageNet", classes=CLASSES,
    )
    return channels_last(build_classifier(spec, start=True), "cpu")


def classify() -> tuple[nn.Module, Callable[[MaskBatch], Tensor]]:
    """Return the classifier and its loss."""
    classifier = make_classifier()
    classifier.backbone.freeze(BACKBONES.get(BACKBONE).early_blocks)

    def loss(batch: MaskBatch) -> Tensor:
        evidence = classifier.evidence_of(classifier.features(batch.images))
        return tag_loss(evidence, torch.ones(len(batch.images), len(CLASSES)))

    return classifier, loss


def segment() -> tuple[nn.Module, Callable[[MaskBatch], Tensor]]:
    """Return the default network over it, and its loss."""
    start = start_network(
        make_classifier(), model="unet", backbone="", weights="none", long_side=320)
    network = channels_last(start.network, "cpu")
    network.encoder.freeze(start.early_blocks)

    def loss(batch: MaskBatch) -> Tensor:
        seen = SeenCrops(
            masks=batch.masks, images=batch.images, encoder=network.encoder, side=320,
            confidence=lambda: torch.ones(0),
            share_masks=batch.whole.masks if batch.whole else None,
        )
        score = LOSSES.get("cross_entropy")
        graded, _ = network.graded_logits(batch.images)
        return torch.stack([weight * score(logits, seen) for logits, weight in graded]).sum()

    return network, loss


def random_crops(number: int) -> MaskBatch:
    """Draw a batch of crops, and a mask of each."""
    images = torch.randn(number, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    masks = torch.randint(0, len(CLASSES) + 1, (number, SIDE, SIDE))
    return MaskBatch(images, masks, np.arange(number))


def measure(what: str, at_once: int) -> None:
    """Print the memory and time of a step."""
    torch.manual_seed(0)
    network, loss = {"classify": classify, "segment": segment}[what]()
    network.train()
    batch = random_crops(CROPS)
    before, start = peak_memory_mb(), time.process_time()
    for _ in range(STEPS):
        for part in batch.parts(at_once):
            share = part.share or BatchShare.of(CROPS)
            with share.used():
                weighted(loss(part), share).backward()
    seconds = (time.process_time() - start) / STEPS
    more = peak_memory_mb() - before
    sys.stdout.write(f"{what:9} {at_once:3} {more:6.0f} MiB {seconds:6.1f} s\n")


def main() -> None:
    """Measure one case, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", help="a stage and its crops at once; all without it")
    case = parser.parse_args().case
    if case:
        measure(case[0], int(case[1]))
        return
    for what in ("classify", "segment"):
        for at_once in (0, 8, 4):
            subprocess.run([sys.executable, __file__, what, str(at_once)], check=True)


if __name__ == "__main__":
    main()
