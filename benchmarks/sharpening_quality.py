"""Ways of sharpening on one run: `python benchmarks/sharpening_quality.py RUN --out DIR`.

RUN is a run whose photos have masks; its classifier and maps stay as they are. Each row goes
through the stages `sharpen` and `label` in a folder of its own under --out, so everything is
chosen and learned as in a run, without a mask. Rows are kept; what was stopped goes on. Figures are
of --photos training photos: mIoU at the threshold chosen without masks and at the best one
(oracle); at the former, boundary IoU, mIoU in bands along the true outlines (trimap) and the share
of each object that is covered. Costs are those of `sharpen` on all tagged photos: seconds a photo,
and the growth of the process's highest memory over the row, --workers photos in hand (Linux).
With --alone the run is taken to have no other photos: for steps that take long, and to be compared
with rows made in the same way.
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

import interleaved
from map_scores import labelled, objects
from sharpening_pictures import draw
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.metrics import ThresholdCurve
from tag2mask.metrics.trimap import TrimapBands
from tag2mask.pseudo_masks.levels import relative_scores
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages.label.run import LabelConfig, chosen_cut
from tag2mask.stages.sharpen.run import sharpen
from tag2mask.stages.sharpen.settings import SharpenConfig
from true_masks import scorable, true_mask

FREE = (
    "none", "superpixels", "pixel_adaptive", "dense_crf", "affinity:psa", "affinity",
    "affinity,pixel_adaptive", "affinity,dense_crf",
)
SALIENT = ("saliency", "saliency,pixel_adaptive", "affinity,saliency",
           "affinity,saliency,pixel_adaptive", "affinity,saliency,dense_crf")
MASKED = ("class_agnostic", "class_agnostic:means", "affinity,class_agnostic",
          "affinity,pixel_adaptive,class_agnostic")
FACTORS = np.geomspace(0.1, 10, 160)
BANDS = (3, 10)
"""Widths of the trimap bands, in pixels of the mask."""


def prepare(source: RunFolder, folder: Path) -> RunFolder:
    """Give a run folder that has the source's classifier and maps."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("classifier", "maps", "data.json"):
        if not (folder / name).exists():
            (folder / name).symlink_to((source.root / name).resolve())
    return RunFolder(folder)


def photos_of(source: RunFolder, given: argparse.Namespace) -> tuple[Dataset, list[Photo]]:
    """Give the photos that are sharpened, and those of them that are scored."""
    dataset = read_run_dataset(source)
    scored = scorable(dataset)
    scored = scored[:: max(1, len(scored) // given.photos)]
    return (replace(dataset, photos=tuple(scored)) if given.alone else dataset), scored


def score(context: Context, photos: Sequence[Photo]) -> dict[str, float]:
    """Score the scores of a run folder, in per cent."""
    labels = len(context.dataset.classes) + 1
    factor = chosen_cut(context, LabelConfig()).level
    chosen, best = ThresholdCurve(labels, [factor]), ThresholdCurve(labels, FACTORS)
    bands = TrimapBands(labels, BANDS)
    edges: list[float] = []
    covered: list[float] = []
    for photo in photos:
        truth = true_mask(photo, context.dataset)
        relative, classes = relative_scores(context.run, photo, (truth.shape[0], truth.shape[1]))
        for curve in (chosen, best):
            curve.add(truth, relative, classes)
        found = labelled(relative, classes, factor)
        bands.add(truth, found)
        own_edges, own_covered = objects(truth, found, classes)
        edges += own_edges
        covered += own_covered
    figures = {"miou": chosen.best()[2], "oracle": best.best()[2],
               "boundary": np.nanmean(edges), "covered": np.mean(covered),
               **{f"trimap_{w}": miou for w, miou in zip(BANDS, bands.miou(), strict=True)}}
    return {name: round(100 * float(value), 1) for name, value in figures.items()}


def row(source: RunFolder, out: Path, steps: str, given: argparse.Namespace) -> dict[str, Any]:
    """Sharpen by some steps, unless that is done, and score."""
    kept = out / f"{steps.replace(',', '+').replace(':', '_')}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    run = prepare(source, out / kept.stem)
    dataset, scored = photos_of(source, given)
    context = Context(run=run, dataset=dataset, workers=given.workers)
    config = SharpenConfig(
        steps=tuple(steps.split(",")), saliency=given.saliency, masks=given.masks
    )
    before, start = interleaved.forget_highest_memory(), time.perf_counter()
    sharpen(context, config, Record())
    seconds, grown = time.perf_counter() - start, interleaved.highest_memory() - before
    figures = {"steps": steps, **score(context, scored), "photos": len(scored),
               "seconds": round(seconds, 2), "mib": round(grown),
               "of": sum(bool(p.tags) for p in dataset.photos)}
    kept.write_text(json.dumps(figures), encoding="utf-8")
    return figures


def main() -> None:
    """Fill the table and tell it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--alone", action="store_true", help="sharpen no other photos")
    parser.add_argument("--saliency", default="")
    parser.add_argument("--masks", default="")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--rows", nargs="*", help="steps with commas, in place of all")
    given = parser.parse_args()
    rows = given.rows or [*FREE, *SALIENT * bool(given.saliency), *MASKED * bool(given.masks)]
    bands = " | ".join(f"trimap {width}" for width in BANDS)
    sys.stdout.write(
        f"| Steps | mIoU | oracle | boundary IoU | {bands} | covered | s a photo | MiB |\n"
        f"{'|---' * (7 + len(BANDS))}|\n")
    for steps in rows:
        told = row(RunFolder(given.run), given.out, steps, given)
        sys.stdout.write(
            f"| {steps.replace(',', ', ')} | {told['miou']} | *{told['oracle']}* | "
            f"{told['boundary']} | {' | '.join(str(told[f'trimap_{w}']) for w in BANDS)} | "
            f"{told['covered']} | {told['seconds'] / told['of']:.2f} | {told['mib']} |\n")
        sys.stdout.flush()
    draw(*photos_of(RunFolder(given.run), given), given.out, rows, given.pictures)


if __name__ == "__main__":
    main()
