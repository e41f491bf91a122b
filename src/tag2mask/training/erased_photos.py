"""Photos with the regions erased that earlier rounds of the classifier's training found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tag2mask.data.batches import SizedBatch
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import load_mask
from tag2mask.data.transforms import generator, resize
from tag2mask.run_folder.context import Context
from tag2mask.strategies.rounds import Rounds


class ErasedPhotos:
    """Fills the regions found by earlier rounds with one colour, on whole photos before cropping.

    Nothing would be erased in a photo without tags, so a patch of that colour would identify tagged
    photos; an untagged photo therefore gets the patch of another photo.

    Differs from the paper: there, all photos have a tag.
    """

    def __init__(self, context: Context, number: int, colour: np.ndarray) -> None:
        """Locate the images of erased regions.

        Args:
            context: the run.
            number: number of the round that reads the photos, 2 or more.
            colour: (3,) in 0..255, mean colour of the training photos.
        """
        self.colour, self._seed = colour, context.seed
        photos = context.dataset.photos
        tagged = [photo.name for photo in photos if photo.tags]
        self._files = {
            photo.path: context.run.erased_file(number, self._patch_of(photo, tagged))
            for photo in photos
        }

    def paint(self, path: Path, pixels: np.ndarray) -> np.ndarray:
        """Erase the region of one photo.

        Args:
            path: path of the photo.
            pixels: (H, W, 3) uint8, at any size.

        Returns:
            (H, W, 3) uint8: the colour in the erased region, unchanged elsewhere.
        """
        erased = self.region(path, (pixels.shape[0], pixels.shape[1]))
        return np.where(erased[..., None], self.colour.round().astype(np.uint8), pixels)

    def paint_all(self, batch: SizedBatch, photos: Sequence[Photo]) -> SizedBatch:
        """Erase the regions of the photos of a batch."""
        pairs = zip(photos, batch.photos, strict=True)
        return SizedBatch(batch.indices, [self.paint(p.path, pixels) for p, pixels in pairs])

    def region(self, path: Path, size: tuple[int, int] | None = None) -> np.ndarray:
        """Return the erased region of a photo, (H, W) bool, at `size` or its original size."""
        found = load_mask(self._files[path], size=None, num_labels=2)
        return (resize(found, size, nearest=True) if size else found) > 0

    def _patch_of(self, photo: Photo, tagged: Sequence[str]) -> str:
        """Return the name of the photo whose patch is used for this one."""
        if photo.tags:
            return photo.name
        rng = generator(self._seed, "borrowed", photo.name)
        return tagged[int(rng.integers(len(tagged)))]


def photos_of(
    context: Context, rounds: Rounds, number: int, colour: np.ndarray
) -> ErasedPhotos | None:
    """Return the erased photos of a round; None for one that reads photos unchanged."""
    if number == 1 or rounds.independent:
        return None
    return ErasedPhotos(context, number, colour)
