"""Photos as a round of the classifier's training sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tag2mask.data.batches import SizedBatch
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import load_mask
from tag2mask.data.transforms import generator, resize
from tag2mask.run_folder.context import Context


class ErasedPhotos:
    """Puts one colour where earlier rounds found something, on the whole photo before any crop.

    On a photo without a tag nothing is erased, and then a patch of that colour would identify those
    that have one; so it gets the patch of another photo.

    Differs from the paper, whose photos all have a tag.
    """

    def __init__(self, context: Context, number: int, colour: np.ndarray) -> None:
        """Find the pictures of erased regions.

        Args:
            context: the run.
            number: of the round that sees the photos, 2 or more.
            colour: (3,) in 0..255, the training photos' mean.
        """
        self.colour, self._seed = colour, context.seed
        photos = context.dataset.photos
        tagged = [photo.name for photo in photos if photo.tags]
        self._files = {
            photo.path: context.run.erased_file(number, self._patch_of(photo, tagged))
            for photo in photos
        }

    def paint(self, path: Path, pixels: np.ndarray) -> np.ndarray:
        """Erase on a photo.

        Args:
            path: the photo's.
            pixels: (H, W, 3) uint8, at any size.

        Returns:
            (H, W, 3) uint8: the colour where it is erased, the rest untouched.
        """
        erased = self.region(path, (pixels.shape[0], pixels.shape[1]))
        return np.where(erased[..., None], self.colour.round().astype(np.uint8), pixels)

    def paint_all(self, batch: SizedBatch, photos: Sequence[Photo]) -> SizedBatch:
        """Erase on the photos of a batch."""
        pairs = zip(photos, batch.photos, strict=True)
        return SizedBatch(batch.indices, [self.paint(p.path, pixels) for p, pixels in pairs])

    def region(self, path: Path, size: tuple[int, int] | None = None) -> np.ndarray:
        """Say what is erased of a photo: (H, W) bool, at `size` or as it was found."""
        found = load_mask(self._files[path], size=None, num_labels=2)
        return (resize(found, size, nearest=True) if size else found) > 0

    def _patch_of(self, photo: Photo, tagged: Sequence[str]) -> str:
        """Name the photo whose patch this one gets."""
        if photo.tags:
            return photo.name
        rng = generator(self._seed, "borrowed", photo.name)
        return tagged[int(rng.integers(len(tagged)))]


def photos_of(context: Context, number: int, colour: np.ndarray) -> ErasedPhotos | None:
    """Return the photos as a round reads them; None for the first, which reads them unchanged."""
    return None if number == 1 else ErasedPhotos(context, number, colour)
