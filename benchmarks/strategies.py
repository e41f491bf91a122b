"""What training strategies cost: `python benchmarks/strategies.py [--rounds 7]`.

One step of each (preparing the batch, forward, losses, backward, optimizer) on 16 drawn crops of
256 x 256 and 20 classes, with a run's default backbone, in turn with a step of plain. Each row's
seconds stand against plain's of the same round, beside the ratio of their counted multiply-adds
(forward and backward) and the most memory of a process that does nothing else. Rows come as they
are measured; the heads of `acol` and `mdc` as published take minutes each.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from interleaved import highest_memory, machine, measure
from tag2mask.models.backbones import BACKBONES
from tag2mask.models.classifiers import ClassifierSpec
from tag2mask.strategies import STRATEGIES, create_strategy
from tag2mask.strategies.loading import build_classifier
from tag2mask.strategies.strategy import Crops, Step

BACKBONE, SIDE, BATCH, CLASSES = "efficientnet_lite0", 256, 16, 20


def stepper(names: str) -> Callable[[], object]:
    """Build a classifier and give its training step."""
    torch.manual_seed(0)
    spec = ClassifierSpec(
        backbone=BACKBONE, output_stride=16, strategy=tuple(names.split("+")), long_side=320,
        weights="pretrained", pretraining="", classes=tuple(map(str, range(CLASSES))),
    )
    classifier = build_classifier(spec, start=True).to(memory_format=torch.channels_last)
    classifier.backbone.freeze(BACKBONES.get(BACKBONE).early_blocks)
    classifier.train()
    learning = [p for p in classifier.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=1e-5)
    strategy, rng = create_strategy(spec.strategy), np.random.default_rng(0)
    crops = Crops(
        images=torch.randn(BATCH, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last),
        tags=(torch.rand(BATCH, CLASSES) < 0.08).float(), fill=torch.zeros(3),
    )

    def step() -> None:
        prepared = strategy.prepare_batch(crops, rng)
        one = Step(classifier=classifier, images=prepared.images, tags=prepared.tags,
                   features=classifier.features(prepared.images))
        strategy.loss(one).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def work_of(step: Callable[[], object]) -> int:
    """Count the operations of a step."""
    with FlopCounterMode(display=False) as counter:
        step()
    return int(counter.get_total_flops())


def memory_of(names: str) -> float:
    """Measure the most memory of a process that takes three steps."""
    program = [sys.executable, __file__, "--memory", names]
    return float(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Measure, and write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", nargs="*", default=STRATEGIES.names())
    parser.add_argument("--memory", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory:
        step = stepper(given.memory)
        for _ in range(3):
            step()
        sys.stdout.write(str(highest_memory()))
        return
    sys.stdout.write(
        f"{machine()}\n| Strategy | s | times plain | work | MiB |\n|---|---|---|---|---|\n")
    plain = stepper("plain")
    least = work_of(plain)
    for name in given.rows:
        own = stepper(name)
        work = work_of(own) / least
        times = measure({"own": own, "plain": plain}, given.rounds)
        ratios = [one / other for one, other in zip(times["own"], times["plain"], strict=True)]
        sys.stdout.write(
            f"| `{name}` | {statistics.median(times['own']):.2f} | {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f}) | {work:.2f} | {memory_of(name):.0f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
