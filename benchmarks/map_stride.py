"""What finer maps are worth: `python benchmarks/map_stride.py --out runs/map_stride`.

HRNet as a classifier, from scratch, on tags of drawn scenes; its streams are brought together at
stride 4, 8 or 16, and CAM is read there, at one scale. One recipe for all. Every (stride, seed) is
kept in --out, so what was stopped goes on; times are taken each time, side by side: run it again
with nothing else running. Figures are of synthetic pictures; the threshold of the maps is the best
one by the masks (oracle), for each alike.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

import interleaved
from from_scratch import SIZE, images_of, learn, measured, spread
from tag2mask.data.scenes import CLASSES, Scene, draw_scene
from tag2mask.maps import activate
from tag2mask.metrics import ThresholdCurve, average_precision
from tag2mask.metrics.boundary import boundary_iou
from tag2mask.models.backbones import create_backbone
from tag2mask.models.classifiers import ClassHead, Classifier

STRIDES = (4, 8, 16)
NUM_TRAIN, NUM_TEST = 1200, 150
BATCH = 16
THRESHOLDS = np.linspace(0, 0.98, 50)


def tags_of(scenes: list[Scene]) -> np.ndarray:
    """Return (N, K) multi-hot."""
    return np.array([[tag in scene.tags for tag in range(len(CLASSES))] for scene in scenes])


def losses(
    classifier: Classifier, scenes: list[Scene], epochs: int, seed: int
) -> Iterator[Tensor]:
    """Give the loss of every batch of tags, half of the scenes mirrored."""
    rng, tags = np.random.default_rng(seed), torch.from_numpy(tags_of(scenes)).float()
    for _ in range(epochs):
        order = rng.permutation(len(scenes))
        for start in range(0, len(scenes), BATCH):
            chosen = order[start : start + BATCH]
            turns = np.where(rng.random(len(chosen)) < 0.5, -1, 1)
            photos = [scenes[i].image[:, ::turn] for i, turn in zip(chosen, turns, strict=True)]
            yield F.binary_cross_entropy_with_logits(classifier(images_of(photos)), tags[chosen])


def read(classifier: Classifier, scene: Scene) -> np.ndarray:
    """Return (k, H, W) maps of the scene's tags, brought to its size."""
    maps = activate(classifier, images_of([scene.image]), classes=scene.tags)
    full = F.interpolate(maps, SIZE, mode="bilinear", align_corners=False)
    result: np.ndarray = full[0].numpy()
    return result


def score(classifier: Classifier, scenes: list[Scene]) -> dict[str, Any]:
    """Score tags, maps at the best threshold, and their edges there."""
    classifier.eval()
    with torch.inference_mode():
        found = np.concatenate([classifier(images_of([s.image])).numpy() for s in scenes])
    tags = tags_of(scenes)
    precision = [average_precision(found[:, k], tags[:, k]) for k in range(len(CLASSES))]
    curve = ThresholdCurve(len(CLASSES) + 1, THRESHOLDS)
    maps = [read(classifier, scene) for scene in scenes]
    for scene, planes in zip(scenes, maps, strict=True):
        curve.add(scene.mask, planes, np.array(scene.tags))
    _, threshold, miou = curve.best()
    edges = []
    for scene, planes in zip(scenes, maps, strict=True):
        winner = np.where(planes.max(0) > threshold, planes.argmax(0), -1)
        edges += [boundary_iou(scene.mask == tag + 1, winner == index)
                  for index, tag in enumerate(scene.tags)]
    return {"precision": float(np.mean(precision)), "miou": miou,
            "threshold": threshold, "boundary": float(np.mean(edges))}


def build(stride: int) -> Classifier:
    """Draw a classifier whose maps have that stride."""
    backbone = create_backbone("hrnet_w18_small", output_stride=stride)
    classifier = Classifier(backbone, ClassHead(backbone.evidence_channels, len(CLASSES)))
    return classifier.to(memory_format=torch.channels_last)


def measure(stride: int, seed: int, epochs: int, scenes: list[Scene]) -> dict[str, Any]:
    """Train and score one classifier."""
    torch.manual_seed(seed)
    classifier = build(stride)
    learn(classifier, losses(classifier, scenes[:NUM_TRAIN], epochs, seed),
          epochs * math.ceil(NUM_TRAIN / BATCH))
    return {"stride": stride, "seed": seed, "epochs": epochs,
            **score(classifier, scenes[NUM_TRAIN:])}


def milliseconds(scenes: list[Scene], rounds: int = 15) -> dict[str, str]:
    """Say for each stride how long reading one photo's maps takes: the median, and the spread."""
    steps = {str(stride): partial(read, build(stride).eval(), scenes[0]) for stride in STRIDES}
    times = interleaved.measure(steps, rounds)
    return {
        name: f"{1e3 * statistics.median(taken):.1f} "
              f"({1e3 * min(taken):.1f} to {1e3 * max(taken):.1f})"
        for name, taken in times.items()
    }


def main() -> None:
    """Train what is not there yet, and tell everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=12)
    given = parser.parse_args()
    scenes = [draw_scene(index, size=SIZE) for index in range(NUM_TRAIN + NUM_TEST)]
    rows = measured(
        given.out, [(stride, seed) for seed in range(given.seeds) for stride in STRIDES],
        lambda row: (row["stride"], row["seed"]), lambda job: measure(*job, given.epochs, scenes),
    )
    sys.stdout.write("| Stride | tags: mean AP | mIoU (oracle) | boundary IoU | ms a photo |\n"
                     "|---|---|---|---|---|\n")
    times = milliseconds(scenes)
    for stride in STRIDES:
        group = [row for row in rows if row["stride"] == stride]
        cells = [spread([100 * row[key] for row in group])
                 for key in ("precision", "miou", "boundary")]
        sys.stdout.write(f"| {stride} | {' | '.join(cells)} | {times[str(stride)]} |\n")


if __name__ == "__main__":
    main()
