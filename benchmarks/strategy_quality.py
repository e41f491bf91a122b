"""Training strategies side by side: `python benchmarks/strategy_quality.py DATA --out DIR`.

DATA has masks, or is the word "scenes". Each row trains a classifier by a strategy (several joined
by +) and reads its maps, through the stages of a run, with equal epochs and the same seeds; all
else is a run's default, but for --set. Rows are kept, what was stopped goes on. Figures are of the
training photos that have masks, tags given, in per cent: mIoU at the threshold chosen without
masks, with precision and recall of the foreground there; mIoU at the best one (oracle); the most
recall at a precision of --precision, so that covering more is not bought by painting more; the mIoU
of small, middling and large things (under 5, to 20, over 20 % of the photo) at the chosen
threshold; of the scenes also the share of the bodies, without discriminative parts, found there;
mIoU of the pseudo masks after --sharpen, at the cut chosen without masks and the best one; mean
average precision of the tags of val photos; seconds of the training.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from from_scratch import Row, measured, spread
from map_scores import THRESHOLDS, Judged, chosen_threshold, labelled
from sharpening_quality import score
from tag2mask.core.contracts import IGNORE
from tag2mask.data import Dataset, load_mask, read_dataset
from tag2mask.data.batches import sized_batches, thinned
from tag2mask.data.dataset import Photo
from tag2mask.data.scenes import write_scenes
from tag2mask.metrics import ThresholdCurve
from tag2mask.metrics.size_bins import SizeBinnedIoU
from tag2mask.models.backbones import create_backbone
from tag2mask.pipeline.config import load_config
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.stages.activate.run import activate_photos
from tag2mask.stages.classify.run import classify
from tag2mask.stages.sharpen.run import sharpen
from tag2mask.stages.sharpen.settings import SharpenConfig
from true_masks import scorable, true_mask

ROWS = ("plain", "hide_and_seek", "adversarial_erasing", "acol:narrow", "mdc:narrow", "mixup",
        "seam")
SHOWN = ("miou", "oracle", "precision", "recall", "recall_at", "small", "middling", "large",
         "pseudo", "pseudo_oracle", "tag_ap", "seconds")
SIZES = (0.05, 0.2)
"""Shares of a photo at which a class stops being small, and being middling."""
_CELLS = 32


def judge(dataset: Dataset) -> dict[str, Judged]:
    """See the training photos that have masks as the scores do, with features of ImageNet's."""
    photos = scorable(dataset)
    backbone = create_backbone("efficientnet_lite0", weights="pretrained").eval()
    judged = {}
    for batch in sized_batches(photos, long_side=320, batch_size=8, workers=1):
        with torch.inference_mode():
            found = backbone(batch.to_images(backbone, torch.device("cpu")))[-2]
            cells = F.adaptive_avg_pool2d(found, _CELLS).permute(0, 2, 3, 1).numpy()
        for index, features in zip(batch.indices, cells, strict=True):
            photo = photos[index]
            judged[photo.name] = Judged(_truth(photo, dataset), np.array(photo.tags), features)
    return judged


def _truth(photo: Photo, dataset: Dataset) -> np.ndarray:
    mask = true_mask(photo, dataset)
    return np.where(mask > len(dataset.classes), IGNORE, mask).astype(np.uint8)


def figures(
    run: RunFolder, dataset: Dataset, judged: dict[str, Judged], precision: float
) -> dict[str, float]:
    """Score the maps of a run, in per cent."""
    maps = [read_planes(run.map_file(name))[0].astype(np.float32) for name in judged]
    chosen = chosen_threshold(list(judged.values()), maps)
    labels = len(dataset.classes) + 1
    curve, own = (ThresholdCurve(labels, t) for t in (THRESHOLDS, [chosen]))
    sizes = SizeBinnedIoU(labels, SIZES)
    bodies = np.zeros(2)
    for (name, photo), planes in zip(judged.items(), maps, strict=True):
        full = upscale(planes, (photo.truth.shape[0], photo.truth.shape[1]))
        for each in (curve, own):
            each.add(photo.truth, full, photo.tags)
        winner = labelled(full, photo.tags, chosen)
        sizes.add(photo.truth, winner)
        parts = dataset.root / "parts" / f"{name}.png"
        if parts.exists():
            body = (photo.truth > 0) & (load_mask(parts, size=None, num_labels=labels) == 0)
            bodies += (winner == photo.truth)[body].sum(), body.sum()
    right, found, true = _foreground(curve)
    at = right / np.maximum(found, 1) >= precision
    recall_at = float((right / true)[at].max()) if at.any() else 0.0
    own_right, own_found, _ = (float(part[0]) for part in _foreground(own))
    told = {
        "miou": own.best()[2], "oracle": curve.best()[2], "recall_at": recall_at,
        "precision": own_right / max(own_found, 1), "recall": own_right / float(true[0]),
        **dict(zip(("small", "middling", "large"), np.nan_to_num(sizes.miou()), strict=True)),
    }
    if bodies[1]:
        told["bodies"] = bodies[0] / bodies[1]
    return {name: round(100 * float(value), 1) for name, value in told.items()}


def _foreground(curve: ThresholdCurve) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give pixels of the right class, pixels called foreground, true ones, by threshold."""
    matrices = curve.confusions()
    right = np.trace(matrices[:, 1:, 1:], axis1=1, axis2=2)
    return right, matrices[:, :, 1:].sum((1, 2)), matrices[:, 1:].sum((1, 2))


def pseudo_masks(context: Context, steps: str) -> dict[str, float]:
    """Sharpen all maps, and score what they become, in per cent."""
    sharpen(context, SharpenConfig(steps=tuple(steps.split(","))), Record())
    told = score(context, scorable(context.dataset))
    return {"pseudo": told["miou"], "pseudo_oracle": told["oracle"]}


def measure(
    job: tuple[str, int], dataset: Dataset, judged: dict[str, Judged], given: argparse.Namespace
) -> Row:
    """Train one row by one seed, and score it."""
    strategy, seed = job
    run = RunFolder(given.out / f"{strategy.replace(':', '_')}-{seed}")
    run.root.mkdir(parents=True, exist_ok=True)
    names = strategy.replace("+", ",")
    config = load_config(None, [*given.set, f"classify.strategy={names}"])
    context = Context(run=run, dataset=dataset, seed=seed, workers=given.workers)
    start = time.perf_counter()
    classify(context, config.classify, Record())
    seconds = time.perf_counter() - start
    activate_photos(context, config.activate, Record())
    about = json.loads((run.classifier / "metrics.json").read_text())
    told = figures(run, dataset, judged, given.precision)
    told |= pseudo_masks(context, given.sharpen)
    return {"strategy": strategy, "seed": seed, **told, "seconds": round(seconds),
            "tag_ap": round(100 * about["mean_average_precision"], 1)}


def prepare(given: argparse.Namespace) -> Dataset:
    """Read the data set; of its training photos every so many-th, of val ones likewise."""
    folder = write_scenes(given.out / "scenes") if given.data == "scenes" else Path(given.data)
    dataset = read_dataset(folder)
    train, val = (thinned(dataset.split(s), n)
                  for s, n in (("train", given.photos), ("val", given.val)))
    return replace(dataset, photos=tuple(sorted((*train, *val), key=lambda photo: photo.name)))


def table(rows: Sequence[Row]) -> list[str]:
    """Write one line per strategy: means, and half of the range where there are several seeds."""
    shown = [*SHOWN, *["bodies"] * ("bodies" in rows[0])]
    lines = [f"| Strategy | {' | '.join(shown)} |", "|---" * (len(shown) + 1) + "|"]
    for strategy in dict.fromkeys(row["strategy"] for row in rows):
        own = [row for row in rows if row["strategy"] == strategy]
        cells = [spread([row[key] for row in own]) for key in shown]
        lines.append(f"| `{strategy}` ({len(own)}) | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", nargs="*", default=ROWS)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--val", type=int, default=100)
    parser.add_argument("--precision", type=float, default=0.5)
    parser.add_argument("--sharpen", default="dense_crf", metavar="STEPS")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="section.key=value")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    dataset = prepare(given)
    judged = judge(dataset)
    jobs: list[tuple[str, int]] = [(row, seed) for seed in given.seeds for row in given.rows]

    def key(row: dict[str, Any]) -> tuple[str, int]:
        return row["strategy"], row["seed"]

    rows = measured(given.out, jobs, key, lambda job: measure(job, dataset, judged, given))
    sys.stdout.write("\n".join(table(rows)) + "\n")


if __name__ == "__main__":
    main()
