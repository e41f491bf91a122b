"""All methods on one classifier: `python benchmarks/maps.py RUN --out DIR [--attention RUN2]`.

RUN is a run whose photos have masks; its classifier is read at scale 1, without flips, tags given.
Figures are of --photos of the split --split (of --few for the methods that take a forward pass per
channel, with Grad-CAM's on the same few beside them). Every row is kept in --out, with one sheet of
pictures; what was stopped goes on. The threshold is chosen without masks, by the rule of `sharpen`,
from the photos that are scored; the best one by the masks stands beside it as oracle.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from map_scores import Judged, score
from tag2mask.core.contracts import IGNORE
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import load_photo
from tag2mask.maps import activate
from tag2mask.models.classifiers import Classifier
from tag2mask.pictures.overlays import grid, heat
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.strategies.loading import load_classifier, load_untrained_backbone
from true_masks import scorable, true_mask

LAST, INNER = "representation", "backbone.blocks.15.depthwise"
"""Layers that end in a ReLU; those below are sums, with values of both signs."""
DEEP, MIDDLE, SHALLOW = "backbone.blocks.15", "backbone.blocks.10", "backbone.blocks.4"
FREE = ("score_cam", "ablation_cam")
ROWS = [
    ("cam", (LAST,)), ("correlated_cam", (LAST,)),
    *((method, (LAST,)) for method in ("grad_cam_pp", "layer_cam", "xgrad_cam", "eigen_cam")),
    *((method, (INNER,)) for method in ("grad_cam", "layer_cam", "hires_cam", "xgrad_cam")),
    *((method, (DEEP,)) for method in (
        "grad_cam", "grad_cam_pp", "layer_cam", "hires_cam", "xgrad_cam", "eigen_cam")),
    *((method, (MIDDLE,)) for method in ("grad_cam", "layer_cam", "hires_cam")),
    ("layer_cam", (SHALLOW,)), ("layer_cam", (DEEP, MIDDLE)),
    *((method, (DEEP,)) for method in FREE),
]
_CELLS = 32
_COLUMNS = 10
"""Of the sheet, the photo's counted in."""


@dataclass(frozen=True)
class Shown:
    """A photo of the evaluation."""

    photo: Photo
    pixels: np.ndarray
    images: torch.Tensor
    judged: Judged


def read(run: RunFolder, classifier: Classifier, split: str, count: int) -> list[Shown]:
    """Read evenly chosen photos of a split that have tags and a mask."""
    dataset = read_run_dataset(run)
    photos = scorable(dataset, split)
    photos = photos[:: max(1, len(photos) // count)][:count]
    backbone = load_untrained_backbone(classifier.spec) or classifier.backbone
    shown = []
    for photo in photos:
        pixels = load_photo(photo.path)
        images = classifier.open(pixels)
        mask = true_mask(photo, dataset)
        with torch.inference_mode():
            feature = F.adaptive_avg_pool2d(backbone(images)[-2], _CELLS)[0]
        shown.append(Shown(photo, pixels, images, Judged(
            np.where(mask > len(dataset.classes), IGNORE, mask).astype(np.uint8),
            np.array(photo.tags), feature.permute(1, 2, 0).numpy())))
    return shown


def maps_of(classifier: Classifier, shown: list[Shown], method: str,
            layers: tuple[str, ...]) -> tuple[list[np.ndarray], float]:
    """Read the maps of all photos; give them, and milliseconds a photo."""
    start = time.perf_counter()
    maps = [activate(classifier, each.images, method=method, layer=layers,
                     classes=each.photo.tags)[0].numpy() for each in shown]
    return maps, 1e3 * (time.perf_counter() - start) / len(shown)


def main() -> None:
    """Score what is not scored yet, and write the table and the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--attention", type=Path, help="a run of the strategy attention_pooling")
    parser.add_argument("--split", default="val")
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--few", type=int, default=20)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    runs = {"": given.run} | ({"attention": given.attention} if given.attention else {})
    sheet: list[list[np.ndarray]] = []
    titles = ["photo"]
    for kind, folder in runs.items():
        classifier = load_classifier(folder)
        shown = read(RunFolder(folder), classifier, given.split, given.photos)
        sheet = sheet or [[each.pixels] for each in shown[:6]]
        jobs = [(*row, shown[: given.few] if row[0] in FREE else shown) for row in ROWS]
        jobs.append(("grad_cam", (DEEP,), shown[: given.few]))
        if kind:
            jobs = [("attention", (), shown), ("cam", (LAST,), shown)]
        for method, layers, some in jobs:
            name = f"{method} {'+'.join(layers) or 'of the head'} {kind} {len(some)}"
            path = given.out / f"{name}.json"
            if not path.exists():
                maps, spent = maps_of(classifier, some, method, layers)
                figures = score([each.judged for each in some], maps, len(classifier.spec.classes))
                path.write_text(json.dumps({**figures, "ms": round(spent)}))
            if len(some) == len(shown) and len(titles) < _COLUMNS:
                pictures, _ = maps_of(classifier, shown[: len(sheet)], method, layers)
                titles.append(f"{method} {'+'.join(n.split('.')[-1] for n in layers)}")
                for row, each, planes in zip(sheet, shown, pictures, strict=False):
                    row.append(heat(each.pixels, planes[0]))
            row = json.loads(path.read_text())
            cells = " | ".join(f"{row[key]:.1f}" for key in ("miou", "oracle", "boundary",
                                                             "covered"))
            sys.stdout.write(f"| {name} | {cells} | {row['ms']} |\n")
            sys.stdout.flush()
    grid(sheet, titles=titles, cell=170).save(given.out / "maps.webp", quality=80)


if __name__ == "__main__":
    main()
