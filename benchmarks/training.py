"""What each part of the training step's speed is worth: `python benchmarks/training.py`.

Sixteen photos of 256x256 at output stride 16, forward and backward, in the variants from the naive
one to the default, interleaved in one run. Prints medians, their spread, and ratios to the naive
one. Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from interleaved import machine, measure, table
from tag2mask.models.backbones import conv_norm, create_backbone
from tag2mask.models.backbones.depthwise import depthwise_conv2d
from tag2mask.models.classifiers import ClassHead, Classifier


def library_depthwise(
    images: Tensor, weight: Tensor, *, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """Convolve by torch's own operator, forward and backward."""
    return F.conv2d(images, weight, None, stride, padding, dilation, weight.shape[0])


def make_step(
    *, channels_last: bool, bfloat16: bool, frozen: int, own_depthwise: bool
) -> Callable[[], None]:
    """Build one variant and return its training step, without the optimizer."""
    torch.manual_seed(0)
    backbone = create_backbone("efficientnet_lite0", weights="pretrained")
    classifier: nn.Module = Classifier(backbone, ClassHead(1280, 20)).train()
    images, tags = torch.randn(16, 3, 256, 256), torch.randint(0, 2, (16, 20)).float()
    if channels_last:
        classifier = classifier.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    backbone.freeze(frozen)

    def step() -> None:
        conv_norm.depthwise_conv2d = depthwise_conv2d if own_depthwise else library_depthwise
        with torch.autocast("cpu", torch.bfloat16) if bfloat16 else nullcontext():
            logits = classifier(images)
        F.multilabel_soft_margin_loss(logits, tags).backward()

    return step


VARIANTS = {
    "naive": {"channels_last": False, "bfloat16": False, "frozen": 0, "own_depthwise": False},
    "channels-last": {
        "channels_last": True, "bfloat16": False, "frozen": 0, "own_depthwise": False},
    "+ bfloat16": {"channels_last": True, "bfloat16": True, "frozen": 0, "own_depthwise": False},
    "+ own depthwise": {
        "channels_last": True, "bfloat16": True, "frozen": 0, "own_depthwise": True},
    "+ 8 blocks frozen, library's depthwise": {
        "channels_last": True, "bfloat16": True, "frozen": 8, "own_depthwise": False},
    "+ 8 blocks frozen (the default)": {
        "channels_last": True, "bfloat16": True, "frozen": 8, "own_depthwise": True},
}


def main() -> None:
    """Time every variant in turn, several rounds, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    steps = {name: make_step(**choice) for name, choice in VARIANTS.items()}
    lines = [f"{machine()}, {rounds} rounds", *table(measure(steps, rounds), "naive")]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
