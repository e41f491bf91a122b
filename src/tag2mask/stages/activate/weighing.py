"""Weigh the maps of a run by what the cells of all its photos have in common.

Not those of small objects: where one is about as large as a cell, the cell is context for the most
part, and so is what its features have in common with others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's name for it)

from tag2mask.core.contracts import InputError
from tag2mask.core.device import make_accelerator, one_thread_each
from tag2mask.core.json_records import read_record
from tag2mask.core.processes import barrier, exists, first_says, interleaved, is_first, own
from tag2mask.core.profiling import CHOOSE, MAPS, work
from tag2mask.core.progress import Bar
from tag2mask.data.annotations import load_constraint
from tag2mask.data.batches import sized_batches, thinned
from tag2mask.data.dataset import Photo
from tag2mask.maps.discriminant import Cells, Discriminant, fit_discriminant
from tag2mask.maps.normalising import normalise_max
from tag2mask.models.classifiers import Classifier
from tag2mask.models.heads.pixel_correlation import correlated_levels
from tag2mask.pseudo_masks import clamp
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import read_planes, write_planes
from tag2mask.run_folder.records import Weighing
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.run_folder.weights import read_weights, write_weights

_CELL = 16
"""Least side of a cell, in pixels of the photos as they are read."""

_MOST_PHOTOS, _MOST_VALUES = 1000, 40_000_000
"""Number of photos whose cells are compared, and of the values in memory."""

_BATCH = 8

LEAST_SPREAD = 0.13
"""Mean part of a photo on which a map is above half of its peak, from which maps are weighed.

It is 0.16 to 0.38 on the sets whose masks gain by it, and up to 0.11 on those that lose
(docs/maps.md).
"""

_MEASURED = 500
"""Number of photos for that mean."""


class MapWeighing:
    """Fits the discriminant of a run to its training photos, and weighs maps with it."""

    def __init__(self, context: Context, classifier: Classifier) -> None:
        """Prepare the reading of features.

        Args:
            context: the run, whose maps as they were read are in `read/`.
            classifier: the classifier of the maps, on its device, in evaluation mode.
        """
        self._context, self._classifier = context, classifier
        self._level = correlated_levels(classifier.backbone)[-1]
        self._accelerator = make_accelerator(context.device)
        self._choice = context.run.weighing
        self._file = self._choice.with_name("discriminant.safetensors")
        self._tagged = [photo for photo in context.dataset.split("train") if photo.tags]
        self._classes = len(context.dataset.classes)

    @property
    def decided(self) -> bool:
        """Whether all is stored that further maps need to be made like the present ones."""

        def complete() -> bool:
            made = read_record(self._choice, Weighing)
            return made is not None and (self._file.exists() or not made.used)

        return first_says(complete)

    def finish(self, photos: Sequence[Photo]) -> None:
        """Write the maps of photos, weighed unless what they show is too small."""
        made = self._choose()
        self._context.progress.say(f"activate: {made.sentence}")
        if made.used:
            self._weigh(photos)
        else:
            self._keep(photos)
        barrier()

    def _choose(self) -> Weighing:
        """Decide by the size of what the maps show, or read the earlier decision."""

        def choose() -> Weighing:
            run = self._context.run
            files = [run.read_file(photo.name) for photo in thinned(self._tagged, _MEASURED)]
            spread = float(np.mean([part for parts in interleaved(
                _spread(read_planes(file)[0]) for file in own(files)) for part in parts]))
            return Weighing(spread=spread, used=spread >= LEAST_SPREAD)

        return stored_choice(self._choice, Weighing, choose)

    def _keep(self, photos: Sequence[Photo]) -> None:
        """Take the maps of photos as they were read."""
        run = self._context.run
        for photo in own(photos):
            target = run.map_file(photo.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            run.read_file(photo.name).replace(target)

    def _weigh(self, photos: Sequence[Photo]) -> None:
        """Write the weighed maps of photos; fit the discriminant first, if it is not stored."""
        run, found = self._context.run, self._discriminant()
        with self._stage("weigh", len(photos)) as bar:
            for places, features in self._features(photos):
                with work(MAPS):
                    for place, cells in zip(places, features, strict=True):
                        name = photos[place].name
                        planes, classes = read_planes(run.read_file(name))
                        weighed = found.weigh(torch.from_numpy(planes), cells, classes.tolist())
                        write_planes(run.map_file(name), weighed.numpy(), classes)
                bar.advance(len(places))

    def _discriminant(self) -> Discriminant:
        """Read the discriminant, or fit it to the training photos and store it."""
        if not exists(self._file):
            cells = self._cells()
            with work(CHOOSE), one_thread_each():  # the order of sums depends on the threads
                found = fit_discriminant(cells, self._classes)
            write_weights(self._file, vars(found), {})
            barrier()
        return self._stored()

    def _stored(self) -> Discriminant:
        """Read the discriminant.

        Raises:
            InputError: the file is damaged, or of other classes or another backbone.
        """
        shapes = {"directions": (self._classes, self._classifier.backbone.channels[self._level]),
                  "lows": (self._classes,), "highs": (self._classes,)}
        try:
            stored = read_weights(self._file)
            fits = {name: tuple(value.shape) for name, value in stored.items()} == shapes
        except InputError:
            fits = False
        if not fits:
            raise InputError(f"{self._file} is damaged, or is of another run; delete it and run "
                             "again.")
        return Discriminant(**stored)

    def _cells(self) -> list[Cells]:
        """Read the cells of evenly spaced training photos."""
        photos = thinned(self._tagged, self._most())
        cells: dict[int, Cells] = {}
        with self._stage("compare cells", len(photos)) as bar:
            for places, features in interleaved(self._counted(photos, bar)):
                for place, grid in zip(places.tolist(), torch.from_numpy(features), strict=True):
                    cells[place] = self._cells_of(photos[place], grid)
        return [cells[place] for place in range(len(photos))]

    def _cells_of(self, photo: Photo, grid: Tensor) -> Cells:
        """Return the cells of a photo with features (C, h, w), and what is annotated in them."""
        planes, classes = read_planes(self._context.run.read_file(photo.name))
        size, labels = (grid.shape[1], grid.shape[2]), classes.tolist()
        pooled = F.adaptive_avg_pool2d(torch.from_numpy(planes), size)
        maps, certain = normalise_max(pooled[None])[0], None
        constraint = load_constraint(photo, self._classes + 1)
        if constraint is not None:
            scores = np.concatenate([np.zeros((1, *size), np.float32), maps.numpy()])
            maps = torch.from_numpy(clamp(scores, labels, constraint)[1:])
            certain = torch.from_numpy(constraint.at(size).known).flatten()
        return Cells(grid.flatten(1), maps.flatten(1), labels, certain)

    def _most(self) -> int:
        """Return how many photos fit into the memory for the comparison."""
        cells = (self._classifier.spec.long_side / _CELL) ** 2
        channels = self._classifier.backbone.channels[self._level]
        return max(1, min(_MOST_PHOTOS, round(_MOST_VALUES / (cells * channels))))

    def _counted(
        self, photos: Sequence[Photo], bar: Bar
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for places, features in self._features(photos):
            yield places, features.numpy()
            bar.advance(len(places))

    @torch.inference_mode()
    def _features(self, photos: Sequence[Photo]) -> Iterator[tuple[np.ndarray, Tensor]]:
        """Yield places in `photos` and the features there, (B, C, h, w) of length 1 per cell."""
        backbone = self._classifier.backbone
        for batch in sized_batches(
            photos, long_side=self._classifier.spec.long_side, batch_size=_BATCH,
            workers=self._context.workers, shared=True,
        ):
            images = batch.to_images(backbone, self._accelerator.device)
            with self._accelerator.autocast():
                features = backbone(images)[self._level]
            height, width = (-(-side // _CELL) for side in images.shape[2:])
            size = min(height, features.shape[2]), min(width, features.shape[3])
            pooled = F.adaptive_avg_pool2d(features.float(), size)
            yield batch.indices, F.normalize(pooled).cpu()

    def _stage(self, name: str, total: int) -> AbstractContextManager[Bar]:
        return self._context.progress.stage(name, total=total, shared=True)


def _spread(maps: np.ndarray) -> list[float]:
    """Return on which part of a photo each of its maps (k, h, w) is above half of its peak."""
    halves = maps.max(axis=(1, 2), keepdims=True) / 2
    parts: list[float] = (maps > halves).mean(axis=(1, 2)).tolist()
    return parts


def forget_read_maps(context: Context) -> None:
    """Remove the maps as they were read; of several processes, the first does."""
    if is_first():
        context.run.clear("read")
