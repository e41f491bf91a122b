"""Distances of the cells of a run's photos to those of its photos without a tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tag2mask.core.processes import barrier, interleaved, missing
from tag2mask.core.progress import Bar
from tag2mask.data.batches import thinned
from tag2mask.data.dataset import Photo
from tag2mask.pseudo_masks.learnable import narrowed
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.sharpening.normality import NormalCells, compared, join
from tag2mask.stages.sharpen.feature_reader import FeatureReader

FEWEST, FEWEST_TAGGED = 16, 8
"""Number of photos without a tag that show what is normal, and of those with one that decide."""

_MOST_NORMAL, _MEASURED = 200, 128
"""Number of photos without a tag that are read, and of those with one that are measured."""

_CELLS = 6000
"""Number of cells that are kept; more do not change the weights."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A training photo with a tag.

    Attributes:
        photo: the photo.
        features: (h, w, C), of its cells.
        distances: (h, w), to the nearest cell of photos without a tag.
    """

    photo: Photo
    features: np.ndarray
    distances: np.ndarray


class NormalDistances:
    """Reads what is normal, and how far from it the cells of photos with a tag are.

    Attributes:
        normal: photos without a tag.
        tagged: all photos with one.
        sample: those of them, from the training split, that are measured.
    """

    def __init__(self, context: Context, device: torch.device) -> None:
        """Select the photos.

        Args:
            context: the run.
            device: the device to compute on.
        """
        train = context.dataset.split("train")
        self._context, self._device = context, device
        self.normal = thinned([photo for photo in train if not photo.tags], _MOST_NORMAL)
        self.tagged = [photo for photo in context.dataset.photos if photo.tags]
        self.sample = thinned([photo for photo in train if photo.tags], _MEASURED)

    @cached_property
    def cells(self) -> NormalCells:
        """Cells of the photos without a tag; photos and cells are drawn at random."""
        each = -(-_CELLS // len(self.normal))

        def drawn(bar: Bar) -> Iterator[tuple[int, np.ndarray]]:
            for place, features in self._features(self.normal, bar):
                cells = features.reshape(len(features), -1).T
                yield place, np.random.default_rng(place).permutation(cells)[:each]

        with self._reader.stage("normal cells", self.normal) as bar:
            found = dict(interleaved(drawn(bar)))
        # Names often alternate between two cameras or sides; halves must not.
        ordered = [found[place] for place in np.random.default_rng(0).permutation(len(found))]
        first, second = (torch.from_numpy(np.concatenate(ordered[odd::2])) for odd in (0, 1))
        return NormalCells((first, second))

    @cached_property
    def measured(self) -> list[Measured]:
        """The sample, in its order, in all processes."""
        photos, cells = self.sample, self.cells

        def seen(bar: Bar) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
            for place, features in self._features(photos, bar):
                size, flat = features.shape[1:], features.reshape(len(features), -1).T
                yield (place, narrowed(flat).astype(np.float32).reshape(*size, -1),
                       self._store(cells, photos[place], features))

        with self._reader.stage("distances", photos) as bar:
            made = sorted(interleaved(seen(bar)), key=lambda one: one[0])
        return [Measured(photos[place], features, distances)
                for place, features, distances in made]

    def write(self) -> None:
        """Write the distances of photos with a tag that have none yet."""
        if todo := missing(self.tagged, lambda photo: self._file(photo.name)):
            cells = self.cells
            with self._reader.stage("distances", todo) as bar:
                for place, features in self._features(todo, bar):
                    self._store(cells, todo[place], features)
        barrier()

    def read(self, name: str) -> np.ndarray:
        """Read the distances (h, w) of the photo `name`."""
        distances: np.ndarray = read_planes(self._file(name))[0][0]
        return distances

    @cached_property
    def _reader(self) -> FeatureReader:
        photos = len(self.normal) + len(self.tagged) + len(self.sample)
        return FeatureReader(self._context, self._device, photos=photos)

    def _features(self, photos: Sequence[Photo], bar: Bar) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the place and the features (C, h, w) of the photos of this process."""
        which = compared(self._reader.strides)

        def joined(features: list[Tensor], size: tuple[int, int]) -> Tensor:
            return join([features[index] for index in which])

        for rows, places in self._reader.read(photos, joined, bar):
            yield from zip(places.tolist(), rows, strict=True)

    def _store(self, cells: NormalCells, photo: Photo, features: np.ndarray) -> np.ndarray:
        """Write and return the distances of the cells of a photo (C, h, w), (h, w)."""
        distances = cells.distances(torch.from_numpy(features)).numpy()
        write_planes(self._file(photo.name), distances[None], np.zeros(0, np.int64))
        return distances

    def _file(self, name: str) -> Path:
        return self._context.run.sharpener / "distances" / f"{name}.npz"
