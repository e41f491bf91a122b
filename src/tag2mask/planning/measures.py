"""Measure a data set: what its photos look like, and how far they are from the pretraining."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.data.batches import load_fitted, thinned
from tag2mask.data.colours import is_grey
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.photos import photo_size
from tag2mask.models.backbones.module import IMAGENET_MEAN, IMAGENET_STD

PHOTOS = 100
"""Number of training photos to measure; more do not change a decision."""

_SIDE = 320
"""Long side at which photos are measured, in pixels: about that of the training."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What was measured.

    Attributes:
        photos: number of training photos.
        tagged: number of training photos with a tag.
        classes: number of classes.
        rarest: the class with the fewest training photos, and their number.
        seen: number of photos that the following values were measured on.
        size: median height and width, in pixels.
        grey: share of the photos without colour, 0..1.
        texture: share of the contrast that is finer than 3 pixels, 0..1; the median.
        colour_shift: distance of the mean colour from ImageNet's, in its standard deviations.
    """

    photos: int
    tagged: int
    classes: int
    rarest: tuple[str, int]
    seen: int
    size: tuple[int, int]
    grey: float
    texture: float
    colour_shift: float

    @property
    def sentences(self) -> tuple[str, ...]:
        """The measures in words, one sentence each."""
        kind = "grey" if self.grey > 0.5 else "in colour"
        return (
            f"{self.photos:,} training photos, {self.tagged:,} of them with a tag; {self.classes} "
            f"classes, the rarest is {self.rarest[0]} with {self.rarest[1]:,} photos.",
            f"Median size {self.size[1]} x {self.size[0]} pixels (width x height); most photos are "
            f"{kind} ({self.grey:.0%} without colour).",
            f"{self.texture:.0%} of the contrast is finer than 3 pixels; the mean colour is "
            f"{self.colour_shift:.1f} standard deviations from ImageNet's.",
        )


def measure(dataset: Dataset, *, advance: Callable[[int], None] = lambda _: None) -> Measures:
    """Measure the training photos of a data set.

    Args:
        dataset: a checked data set with training photos and classes.
        advance: called with 1 after each photo.
    """
    train = dataset.split("train")
    counts = dataset.tag_matrix(train).sum(0).astype(int).tolist()
    rarest = min(range(len(counts)), key=counts.__getitem__)
    seen = thinned(train, PHOTOS)
    rows = []
    for photo in seen:
        rows.append(_row(photo))
        advance(1)
    heights, widths, _, texture, *colour = np.median(np.array(rows), 0)
    shift = np.abs(np.array(colour) - IMAGENET_MEAN) / IMAGENET_STD
    return Measures(
        photos=len(train), tagged=sum(bool(photo.tags) for photo in train),
        classes=len(dataset.classes), rarest=(dataset.classes[rarest], counts[rarest]),
        seen=len(seen), size=(round(heights), round(widths)),
        grey=float(np.mean([row[2] for row in rows])), texture=float(texture),
        colour_shift=float(shift.mean()),
    )


def _row(photo: Photo) -> Sequence[float]:
    """Return height, width, whether grey (0 or 1), fine texture and the mean colour of a photo."""
    pixels = load_fitted(photo, _SIDE).astype(np.float32)
    height, width = photo_size(photo.path)
    grey = float(is_grey(pixels))
    return [height, width, grey, _fine(pixels.mean(2)), *pixels.mean((0, 1))]


def _fine(luma: np.ndarray) -> float:
    """Return the share of the variance of (h, w) that a mean over 3 x 3 pixels removes."""
    if min(luma.shape) < 3 or luma.var() < 1e-6:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(luma, (3, 3))
    return float((luma[1:-1, 1:-1] - windows.mean((2, 3))).var() / luma.var())
