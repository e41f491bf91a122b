"""CRF kernels chosen without masks, and as masks like them: `benchmarks/crf_tuning.py RUN`.

RUN is a run whose photos have masks. Every candidate of `dense_crf:tune` is judged on --photos
training photos without masks (R2 of its labels, from looks) and with (mIoU, the foreground's share
kept); the rank correlation of both says how far the former can be trusted. The choice and all
figures are of the same photos, as in a run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from tag2mask.data.batches import load_fitted
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks import MapRanks, Sample, add_background, choose_share, upscale
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.sharpening import create_sharpener
from tag2mask.sharpening.crf_tuning import CANDIDATES, CRFSample, tune_by_masks, tune_dense_crf
from tag2mask.stages.sharpen.foreground_share import looks
from true_masks import scorable, true_mask

CPU = torch.device("cpu")


def samples_of(
    context: Context, photos: list[Photo], steps: list[str], long_side: int
) -> list[CRFSample]:
    """Make scores as `sharpen` does, of these photos alone, and take them through some steps."""
    run = context.run
    maps = {photo.name: read_planes(run.map_file(photo.name)) for photo in photos}
    ranks = MapRanks(planes for planes, _ in maps.values())
    share = choose_share(
        Sample(f.reshape(-1, f.shape[2]), _cells(ranks(maps[photo.name][0]), f))
        for photo, f in looks(context, photos, CPU, lambda strides: len(strides) - 2)
    ).share
    sharpeners = [create_sharpener(name) for name in steps]
    samples = []
    for photo, fine in looks(context, photos, CPU, lambda strides: strides.index(4)):
        planes, classes = maps[photo.name]
        pixels = load_fitted(photo, long_side)
        size = pixels.shape[0], pixels.shape[1]
        scores = add_background(upscale(ranks(planes), size), share=share)
        for sharpener in sharpeners:
            scores = sharpener(pixels, scores, device=CPU)
        samples.append(CRFSample(
            photo=pixels, scores=scores, features=fine, classes=classes.tolist(),
            truth=true_mask(photo, context.dataset),
        ))
    return samples


def _cells(ranks: np.ndarray, features: np.ndarray) -> np.ndarray:
    planes = upscale(ranks, (features.shape[0], features.shape[1]))
    return planes.reshape(len(planes), -1)


def correlation(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Give Spearman's rank correlation, in [-1, 1]."""
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def main() -> None:
    """Fill the table and tell it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--steps", nargs="*", default=[], help="before the CRF")
    parser.add_argument("--long-side", type=int, default=200)
    given = parser.parse_args()
    run = RunFolder(given.run)
    dataset = read_run_dataset(run)
    photos = scorable(dataset)
    photos = photos[:: max(1, len(photos) // given.photos)]
    samples = samples_of(Context(run=run, dataset=dataset), photos, given.steps, given.long_side)
    without, oracle = tune_dense_crf(samples), tune_by_masks(samples)
    sys.stdout.write("| Gaussian | Bilateral | R2, without masks | mIoU, with masks |\n")
    sys.stdout.write("|---|---|---|---|\n")
    rows = zip(CANDIDATES, without.figures, oracle.figures, strict=True)
    for (gaussian, bilateral), learnable, miou in rows:
        sys.stdout.write(f"| {gaussian} | {bilateral} | {learnable:.4f} | {100 * miou:.1f} |\n")
    sys.stdout.write(
        f"{len(photos)} photos; rank correlation "
        f"{correlation(without.figures, oracle.figures):.2f}; chosen without masks "
        f"{without.kernels}, by masks {oracle.kernels}\n")


if __name__ == "__main__":
    main()
