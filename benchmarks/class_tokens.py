"""A class-token transformer on drawn scenes: `python benchmarks/class_tokens.py --out DIR`.

It is trained from scratch on the tags of drawn scenes, and its maps are scored beside each other.
Weights are kept in --out. Figures are of synthetic pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from from_scratch import SIZE, images_of, learn
from map_scores import Judged, score
from tag2mask.data.scenes import CLASSES, Scene, draw_scene
from tag2mask.maps import activate
from tag2mask.models.backbones import create_backbone
from tag2mask.models.classifiers.class_tokens import ClassTokenTransformer

BATCH, NUM_TRAIN, NUM_TEST = 16, 2000, 150
METHODS = ("attention", "attention_rollout", "gradient_attention", "cam", "grad_cam")


def losses(model: ClassTokenTransformer, scenes: list[Scene], epochs: int) -> Iterator[Tensor]:
    """Give the loss of every batch: that of the class tokens and that of the patches."""
    rng = np.random.default_rng(0)
    tags = torch.tensor([[float(t in s.tags) for t in range(len(CLASSES))] for s in scenes])
    for epoch in range(epochs):
        order, total = rng.permutation(len(scenes)), 0.0
        for start in range(0, len(scenes), BATCH):
            chosen = order[start : start + BATCH]
            turns = np.where(rng.random(len(chosen)) < 0.5, -1, 1)
            photos = [scenes[i].image[:, ::turn] for i, turn in zip(chosen, turns, strict=True)]
            logits = model.both_logits(images_of(photos))
            loss = torch.stack([F.binary_cross_entropy_with_logits(each, tags[chosen])
                                for each in logits]).sum()
            total += float(loss.detach())
            yield loss
        sys.stderr.write(f"epoch {epoch + 1}: loss {total * BATCH / len(scenes):.4f}\n")


def main() -> None:
    """Train, unless --out holds the weights, and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    given = parser.parse_args()
    scenes = [draw_scene(index, size=SIZE) for index in range(NUM_TRAIN + NUM_TEST)]
    torch.manual_seed(0)
    model, kept = ClassTokenTransformer(len(CLASSES)), given.out / "class_tokens.safetensors"
    if kept.exists():
        model.load_state_dict(load_file(kept))
    else:
        steps = given.epochs * -(-NUM_TRAIN // BATCH)
        learn(model, losses(model, scenes[:NUM_TRAIN], given.epochs), steps)
        given.out.mkdir(parents=True, exist_ok=True)
        save_file(model.state_dict(), kept)
    tell(model.eval(), scenes[NUM_TRAIN:])


def tell(model: ClassTokenTransformer, scenes: list[Scene]) -> None:
    """Write a row per method."""
    backbone = create_backbone("efficientnet_lite0", weights="pretrained").eval()
    judged = []
    with torch.inference_mode():
        for scene in scenes:
            feature = backbone(images_of([scene.image]))[-2][0].permute(1, 2, 0).numpy()
            judged.append(Judged(scene.mask, np.array(scene.tags), feature))
    sys.stdout.write("| Method | mIoU | oracle | boundary IoU | covered | ms a photo |\n"
                     "|---|---|---|---|---|---|\n")
    for method in METHODS:
        start = time.perf_counter()
        maps = [activate(model, images_of([s.image]), method=method, classes=s.tags)[0].numpy()
                for s in scenes]
        spent = 1e3 * (time.perf_counter() - start) / len(scenes)
        cells = " | ".join(f"{v:.1f}" for v in score(judged, maps, len(CLASSES)).values())
        sys.stdout.write(f"| {method} | {cells} | {spent:.0f} |\n")


if __name__ == "__main__":
    main()
