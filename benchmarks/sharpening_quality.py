"""Ways of sharpening on one run: `python benchmarks/sharpening_quality.py RUN --out DIR`.

RUN is a run whose photos have masks; its classifier and maps stay as they are. Each row goes
through the stages `sharpen` and `label` in a folder of its own under --out, so everything is
chosen and learned as in a run, without a mask. Rows are kept; what was stopped goes on. Figures are
of --photos training photos: mIoU at the threshold chosen without masks, at the best one (oracle),
boundary IoU and the share of each object that is covered, both at the former, and seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from map_scores import objects
from tag2mask.data.artifacts import RunFolder, read_run_dataset
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import load_photo
from tag2mask.delivery.pictures import grid, overlay
from tag2mask.evaluation import ThresholdCurve
from tag2mask.stages.context import Context, Record
from tag2mask.stages.label import background_factor, pseudo_mask
from tag2mask.stages.scores import relative_scores
from tag2mask.stages.sharpen import SharpenConfig, sharpen

FREE = (
    "none", "superpixels", "pixel_adaptive", "dense_crf", "affinity:psa", "affinity",
    "affinity,pixel_adaptive", "affinity,dense_crf",
)
SALIENT = ("saliency", "saliency,pixel_adaptive", "affinity,saliency",
           "affinity,saliency,pixel_adaptive", "affinity,saliency,dense_crf")
MASKED = ("class_agnostic", "affinity,class_agnostic", "affinity,pixel_adaptive,class_agnostic")
FACTORS = np.geomspace(0.1, 10, 160)


def prepare(source: RunFolder, folder: Path) -> RunFolder:
    """Give a run folder that has the source's classifier and maps."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("classifier", "maps", "data.json"):
        if not (folder / name).exists():
            (folder / name).symlink_to((source.root / name).resolve())
    return RunFolder(folder)


def score(context: Context, photos: Sequence[Photo]) -> dict[str, float]:
    """Score the scores of a run folder, in per cent."""
    labels = len(context.dataset.classes) + 1
    factor = background_factor(context, "auto")
    chosen, best = ThresholdCurve(labels, [factor]), ThresholdCurve(labels, FACTORS)
    edges: list[float] = []
    covered: list[float] = []
    for photo in photos:
        assert photo.mask is not None
        truth = load_mask(photo.mask, size=None, num_labels=labels)
        relative, classes = relative_scores(context.run, photo, (truth.shape[0], truth.shape[1]))
        for curve in (chosen, best):
            curve.add(truth, relative, classes)
        own_edges, own_covered = objects(truth, relative, classes, factor)
        edges += own_edges
        covered += own_covered
    figures = {"miou": chosen.best()[2], "oracle": best.best()[2],
               "boundary": np.nanmean(edges), "covered": np.mean(covered)}
    return {name: round(100 * float(value), 1) for name, value in figures.items()}


def row(source: RunFolder, out: Path, steps: str, given: argparse.Namespace) -> dict[str, Any]:
    """Sharpen by some steps, unless that is done, and score."""
    kept = out / f"{steps.replace(',', '+').replace(':', '_')}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    run = prepare(source, out / kept.stem)
    dataset = read_run_dataset(run)
    context = Context(run=run, dataset=dataset, workers=given.workers)
    config = SharpenConfig(
        steps=tuple(steps.split(",")), saliency=given.saliency, masks=given.masks
    )
    start = time.perf_counter()
    sharpen(context, config, Record())
    seconds = time.perf_counter() - start
    scored = [photo for photo in dataset.split("train") if photo.mask and photo.tags]
    scored = scored[:: max(1, len(scored) // given.photos)]
    figures = {"steps": steps, **score(context, scored), "photos": len(scored),
               "seconds": round(seconds), "of": sum(bool(p.tags) for p in dataset.photos)}
    kept.write_text(json.dumps(figures), encoding="utf-8")
    return figures


def draw(source: RunFolder, out: Path, rows: Sequence[str], given: argparse.Namespace) -> None:
    """Lay the pseudo masks of a few photos side by side, first the photo and the true mask."""
    dataset = read_run_dataset(source)
    photos = [photo for photo in dataset.split("train") if photo.mask and photo.tags]
    photos = photos[:: max(1, len(photos) // given.pictures)][: given.pictures]
    labels = len(dataset.classes) + 1
    columns: list[list[np.ndarray]] = [[] for _ in photos]
    for column, photo in zip(columns, photos, strict=True):
        pixels = load_photo(photo.path)
        assert photo.mask is not None
        column += [pixels, overlay(pixels, load_mask(photo.mask, size=None, num_labels=labels))]
    for steps in rows:
        run = RunFolder(out / steps.replace(",", "+").replace(":", "_"))
        factor = background_factor(Context(run=run, dataset=dataset), "auto")
        for column, photo in zip(columns, photos, strict=True):
            size = column[0].shape[0], column[0].shape[1]
            mask = pseudo_mask(run, photo, factor=factor, band=0, size=size)
            column.append(overlay(column[0], mask))
    titles = ["photo", "true mask", *(steps.replace(",", ", ") for steps in rows)]
    grid(columns, titles=titles, cell=170).save(out / "sharpening.webp", quality=80)


def main() -> None:
    """Fill the table and tell it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--saliency", default="")
    parser.add_argument("--masks", default="")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--rows", nargs="*", help="steps with commas, in place of all")
    given = parser.parse_args()
    rows = given.rows or [*FREE, *SALIENT * bool(given.saliency), *MASKED * bool(given.masks)]
    sys.stdout.write("| Steps | mIoU | oracle | boundary IoU | covered | s a photo |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    for steps in rows:
        told = row(RunFolder(given.run), given.out, steps, given)
        sys.stdout.write(
            f"| {steps.replace(',', ', ')} | {told['miou']} | *{told['oracle']}* | "
            f"{told['boundary']} | {told['covered']} | {told['seconds'] / told['of']:.2f} |\n")
        sys.stdout.flush()
    draw(RunFolder(given.run), given.out, rows, given)


if __name__ == "__main__":
    main()
