"""What `sharpen.outside_help=auto` chooses, and what the choice costs.

`python benchmarks/outside_help.py RUN --saliency u2netp.onnx --out DIR [--change grey ...]`

RUN is a run whose training photos have masks; it is not changed. Its maps are used where photos and
tags are as they were ("" and small); of all other changes they are read anew by its classifier, at
one scale. The share of foreground is chosen on the photos of each row. Figures are mIoU without
help, with saliency in the photos whose correlation is at least a limit, in all photos, and as auto
chooses; cost is the choice less the best of them, which knows the masks (oracle). All these have
the share of foreground of the maps; the figures after them are of auto's choice and of all photos
with the pixels that score above the background, as a run has them after saliency. Pixels are those
of photos with a long side of 200.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import save_mask
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import resize
from tag2mask.metrics import ThresholdCurve
from tag2mask.pseudo_masks import over_background
from tag2mask.run_folder.context import Context, Record
from tag2mask.run_folder.data_file import read_run_dataset, write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.sharpening.prior_agreement import LIMITS, correlation, judge, level
from tag2mask.stages.activate.run import ActivateConfig, activate_photos
from tag2mask.stages.sharpen.foreground_share import choose_background
from tag2mask.stages.sharpen.outside_help import seen_photos
from tag2mask.stages.sharpen.ranked_maps import RankedMaps
from true_masks import scorable, true_mask

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]
Pick = Callable[[Dataset, Sequence[Photo]], list[Photo]]



def as_photo(grey: np.ndarray) -> np.ndarray:
    """Convert (H, W, 1) grey levels to a photo, (H, W, 3) uint8."""
    pixels: np.ndarray = grey.clip(0, 255).astype(np.uint8).repeat(3, 2)
    return pixels


def grey_with(contrast: float, looks: int) -> Change:
    """Return a change to grey photos of less contrast with multiplicative noise, as in ultrasound.

    Args:
        contrast: share of the contrast that is kept.
        looks: shape of the gamma distribution of the noise, whose mean is 1; less is noisier.
    """

    def change(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        grey = 128 + contrast * (photo.mean(2, keepdims=True) - 128)
        return as_photo(grey * rng.gamma(looks, 1 / looks, grey.shape))

    return change


def textured(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a grey photo of less contrast with a smooth texture, about 6 pixels wide."""
    grey = 128 + 0.6 * (photo.mean(2, keepdims=True) - 128)
    height, width = photo.shape[:2]
    grain = rng.normal(0, 25, (height // 6 + 1, width // 6 + 1)).astype(np.float32)
    grown = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
    return as_photo(grey + np.asarray(grown)[..., None])


CHANGES: dict[str, Change] = {
    "grey": lambda photo, _: photo.mean(2, keepdims=True).repeat(3, 2).astype(np.uint8),
    "blur": lambda photo, _: np.asarray(Image.fromarray(photo).filter(
        ImageFilter.GaussianBlur(0.012 * max(photo.shape)))),
    "noise": lambda photo, rng: (photo + rng.normal(0, 50, photo.shape)).clip(0, 255)
    .astype(np.uint8),
    "speckle": grey_with(0.5, 4), "weak speckle": grey_with(0.8, 16), "texture": textured,
}
FURNITURE = ("chair", "diningtable", "pottedplant", "sofa", "tvmonitor", "bottle")
SMALL = 0.12
"""Largest share of objects in a photo with small objects."""


def only(*names: str) -> Pick:
    """Return a choice of photos that keeps the tags of some classes alone."""

    def pick(dataset: Dataset, photos: Sequence[Photo]) -> list[Photo]:
        kept = {dataset.classes.index(name) for name in names}
        tagged = [replace(p, tags=tuple(t for t in p.tags if t in kept)) for p in photos]
        return [photo for photo in tagged if photo.tags]

    return pick


def small(dataset: Dataset, photos: Sequence[Photo]) -> list[Photo]:
    """Return the photos whose objects are small, by their masks."""

    def share(photo: Photo) -> float:
        truth = tagged_mask(dataset, photo)
        return float(((truth > 0) & (truth < 255)).mean())

    return [photo for photo in photos if share(photo) < SMALL]


PICKS: dict[str, Pick] = {"furniture": only(*FURNITURE), "two": only("person", "car"),
                          "small": small}


def tagged_mask(dataset: Dataset, photo: Photo) -> np.ndarray:
    """Return the true mask of a photo, (H, W) uint8; classes without a tag are background."""
    truth = true_mask(photo, dataset)
    known = np.isin(truth, [0, 255, *(tag + 1 for tag in photo.tags)])
    return np.where(known, truth, 0).astype(np.uint8)


def pairs(dataset: Dataset, photos: Sequence[Photo], folder: Path) -> list[Photo]:
    """Draw photos with other tags side by side, so that more than one thing stands out."""
    drawn = []
    few = [photo for photo in photos if len(photo.tags) <= 2]
    for number, (left, right) in enumerate(zip(few[::2], few[1::2], strict=False)):
        tags = tuple(sorted({*left.tags, *right.tags}))
        if len(tags) > 3 or left.tags == right.tags:
            continue
        path, mask = folder / f"pair{number}.png", folder / f"pair{number}_mask.png"
        both = [resize(load_photo(p.path), (250, 300)) for p in (left, right)]
        truths = [resize(tagged_mask(dataset, p), (250, 300), nearest=True) for p in (left, right)]
        Image.fromarray(np.concatenate(both, 1)).save(path)
        save_mask(mask, np.concatenate(truths, 1), num_labels=len(dataset.classes) + 1)
        drawn.append(Photo(name=path.stem, path=path, tags=tags, split="train", mask=mask))
    return drawn


def changed(photos: Sequence[Photo], change: Change, folder: Path) -> list[Photo]:
    """Write changed copies of photos."""
    rng, copies = np.random.default_rng(0), []
    for number, photo in enumerate(photos):
        path = folder / f"photo{number}.png"
        Image.fromarray(change(load_photo(photo.path), rng)).save(path)
        copies.append(replace(photo, name=path.stem, path=path, content=""))
    return copies


def link(file: Path, place: Path) -> None:
    """Link a file if it exists."""
    if file.exists() and not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file.resolve())


def make(
    source: RunFolder, folder: Path, name: str, most: int, *, keep: bool = False
) -> Context:
    """Make a run folder with the classifier of a run, and maps of (changed) training photos.

    Args:
        source: the run.
        folder: where to make it.
        name: of the change.
        most: number of photos.
        keep: whether changed photos keep the maps of the run's own.
    """
    run, pictures = RunFolder(folder / (name or "as_they_are")), folder / f"{name}_photos"
    pictures.mkdir(parents=True, exist_ok=True)
    dataset = read_run_dataset(source)
    photos = scorable(dataset)
    if name in PICKS:
        photos = PICKS[name](dataset, photos)
    spread = 4 * most if name == "pairs" else most
    photos = photos[:: max(1, len(photos) // spread)]
    own = [photo.name for photo in photos]
    if name in CHANGES:
        photos = changed(photos[:most], CHANGES[name], pictures)
    if name == "pairs":
        photos = pairs(dataset, photos, pictures)
    run.root.mkdir(parents=True, exist_ok=True)
    if not run.classifier.exists():
        run.classifier.symlink_to(source.classifier.resolve())
    write_dataset(run, replace(dataset, photos=tuple(photos[:most])))
    for photo, given in zip(photos[:most], own, strict=False):
        if (keep and name != "pairs") or name in ("", "small"):
            link(source.map_file(given), run.map_file(photo.name))
    context = Context(run=run, dataset=read_run_dataset(run))
    activate_photos(context, ActivateConfig(scales=(1.0,), flip=False), Record())
    return context


def score(context: Context, planes: Sequence[np.ndarray], names: Sequence[str],
          share: float | None) -> float:
    """Return the mIoU of sharpened ratios (k, h, w), in per cent.

    The foreground has the given share, or None for all that scores above the background.
    """
    threshold = 1.0 if share is None else level([plane.max(0) for plane in planes], share)
    curve = ThresholdCurve(len(context.dataset.classes) + 1, [threshold])
    photos = {photo.name: photo for photo in context.dataset.photos}
    for name, plane in zip(names, planes, strict=True):
        truth = resize(tagged_mask(context.dataset, photos[name]),
                       (plane.shape[1], plane.shape[2]), nearest=True)
        curve.add(truth, plane, read_planes(context.run.map_file(name))[1])
    return 100 * curve.best()[2]


def rows(context: Context, saliency: str) -> str:
    """Measure a set, and return a row of the table."""
    device = torch.device("cpu")
    ranks, choice = choose_background(context, device)
    names, seen, without, helped = [], [], [], []
    for photo, item, sharp, salient in seen_photos(
        context, saliency, RankedMaps(context.run, ranks, choice.share), device,
        most=len(context.dataset.photos),
    ):
        names.append(photo.name)
        seen.append(item)
        without.append(over_background(sharp))
        helped.append(over_background(salient))
    verdict = judge(seen, choice.share)
    own = [correlation(item.maps, item.prior) for item in seen]

    def at(limit: float, share: float | None) -> float:
        mixed = [h if agreed >= limit else w
                 for w, h, agreed in zip(without, helped, own, strict=True)]
        return score(context, mixed, names, share)

    limits = (np.inf, *LIMITS)
    figures = [at(limit, choice.share) for limit in limits]
    used = verdict.limit if verdict.helps else np.inf
    chosen = figures[limits.index(used)]
    measured = ", ".join(f"{key} {value}" for key, value in verdict.figures.items())
    cells = " | ".join(f"{value:.1f}" for value in figures)
    return (f"| {len(seen)} | {cells} | {verdict.limit if verdict.helps else 'none'} "
            f"{chosen:.1f} | {chosen - max(figures):.1f} | {at(used, None):.1f} | "
            f"{at(LIMITS[-1], None):.1f} | {measured} |")


def options(usage: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options that measure a run on changed photos."""
    parser = argparse.ArgumentParser(description=usage)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--change", nargs="*", default=[""],
                        choices=["", *CHANGES, *PICKS, "pairs"], help='"" leaves photos alone')
    return parser


def print_rows(
    given: argparse.Namespace, measure: Callable[[Context], str], *, keep: bool = False
) -> None:
    """Print a row for each change."""
    torch.set_num_threads(1)
    for name in given.change:
        context = make(RunFolder(given.run), given.out, name, given.photos, keep=keep)
        sys.stdout.write(f"| {name or 'as they are'} {measure(context)}\n")
        sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = options(__doc__)
    parser.add_argument("--saliency", required=True)
    given = parser.parse_args()
    limits = " | ".join(f"from {limit}" for limit in LIMITS[:-1])
    sys.stdout.write(f"| Photos | Number | none | {limits} | all | auto | cost | "
                     "auto, share of the scores | all, share of the scores | measured |\n")
    print_rows(given, lambda context: rows(context, given.saliency))


if __name__ == "__main__":
    main()
