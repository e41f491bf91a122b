"""Whether a run weighs its scores by the distance to photos without a tag, decided without masks.

Scores that follow objects can be predicted from the appearance of other photos. If labels become
much easier to predict with the weights, the maps had found something else than what distinguishes
the photos with a tag. Where the maps have found that already, the distance adds only its own
errors: in healthy tissue that differs from photo to photo as much as a lesion does, for example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
from tag2mask.run_folder.records import NormalityChoice
from tag2mask.run_folder.stored_choice import stored_choice
from tag2mask.sharpening.crf_tuning import CRFSample, learnability
from tag2mask.sharpening.normality import Distances, NormalCells, Normality, compared, join
from tag2mask.stages.sharpen.feature_reader import FeatureReader

CHOSEN = "normality.json"
"""File in `sharpener/` with the choice."""

FEWEST, FEWEST_ASKED = 16, 2
"""Number of photos without a tag that show what is normal; and if the step is asked for."""

_FEWEST_TAGGED = 8
"""Number of photos with a tag on which labels can be predicted."""

LEAST_GAIN = 1.5
"""Factor by which labels must become easier to predict.

It is 1.6 to 19 on the sets whose masks gain by it, and up to 1.3 on those that lose
(docs/sharpening.md).
"""

_SURE = 0.7
"""Part of the foreground on which labels are compared: maps are coarse, so the rest is unsure."""

_LEAST_R2 = 0.05
"""R2 below which even labels with the weights are predicted by chance."""

_MOST_NORMAL, _PHOTOS = 200, 128
"""Number of photos without a tag that are read, and of those with one that are measured."""

_CELLS = 6000
"""Number of cells that are kept; more do not change the weights."""

_HIGH = 0.99
"""Part of the cells of photos with a tag whose weight is below 1."""

Sampled = Callable[[Photo], tuple[np.ndarray, np.ndarray]]
"""Returns the pixels (h, w, 3) of a photo, and its scores (1 + k, h, w) before the step."""


class NormalityFitting:
    """Fits the step `normality` to the photos of a run."""

    def __init__(self, context: Context, device: torch.device) -> None:
        """Select the photos.

        Args:
            context: the run.
            device: the device to compute on.
        """
        train = context.dataset.split("train")
        self._context, self._device = context, device
        self._normal = thinned([photo for photo in train if not photo.tags], _MOST_NORMAL)
        self._tagged = [photo for photo in context.dataset.photos if photo.tags]
        self._measured = thinned([photo for photo in train if photo.tags], _PHOTOS)

    def fit(self, step: Normality, sample: Sampled) -> NormalityChoice | None:
        """Give a step its weights if it is used; decide, or read the previous decision.

        Args:
            step: the step.
            sample: returns the pixels (h, w, 3) of a photo, and its scores (1 + k, h, w) before
                the step.

        Returns:
            The decision; None if there are too few photos for one.
        """
        judged = step.judged_at is not None
        if len(self._normal) < (FEWEST if judged else FEWEST_ASKED) \
                or len(self._measured) < (_FEWEST_TAGGED if judged else 1):
            return None
        made = stored_choice(self._context.run.sharpener / CHOSEN, NormalityChoice,
                             lambda: self._choose(sample, step.judged_at))
        if made.used:
            self._write(self._tagged)
            spread = Distances(made.low, made.high)
            step.weights = lambda name: spread.weights(self._read(name))
        return made

    def _choose(self, sample: Sampled, share: float | None) -> NormalityChoice:
        """Measure on some photos how well labels are predicted with the weights and without."""
        seen = self._measure()
        distances = {photo.name: values for photo, _, values in seen}
        spread = Distances(
            low=float(self._cells.among_themselves().median()),
            high=float(np.quantile(np.concatenate([*map(np.ravel, distances.values())]), _HIGH)))
        made = NormalityChoice(used=False, asked=share is None, normal=len(self._normal),
                               photos=len(seen), low=spread.low, high=spread.high)
        if share is None or not made.unlike:
            return replace(made, used=made.unlike)
        step = Normality(weights=lambda name: spread.weights(distances[name]))
        samples = [
            CRFSample(photo=pixels, scores=scores, features=features, name=photo.name)
            for photo, features, _ in seen for pixels, scores in [sample(photo)]]
        curve = learnability(samples, ([], [step]), self._device, share=_SURE * share)
        without, helped = (0.0, 0.0) if curve is None else curve.clip(0).tolist()
        used = helped >= max(LEAST_GAIN * without, _LEAST_R2)
        return replace(made, used=used, without=without, helped=helped)

    @cached_property
    def _cells(self) -> NormalCells:
        """Cells of the photos without a tag; photos and cells are drawn at random."""
        each = -(-_CELLS // len(self._normal))

        def drawn(bar: Bar) -> Iterator[tuple[int, np.ndarray]]:
            for place, features in self._features(self._normal, bar):
                cells = features.reshape(len(features), -1).T
                yield place, np.random.default_rng(place).permutation(cells)[:each]

        with self._reader.stage("normal cells", self._normal) as bar:
            found = dict(interleaved(drawn(bar)))
        # Names often alternate between two cameras or sides; halves must not.
        ordered = [found[place] for place in np.random.default_rng(0).permutation(len(found))]
        first, second = (torch.from_numpy(np.concatenate(ordered[odd::2])) for odd in (0, 1))
        return NormalCells((first, second))

    @cached_property
    def _reader(self) -> FeatureReader:
        photos = len(self._normal) + len(self._tagged) + len(self._measured)
        return FeatureReader(self._context, self._device, photos=photos)

    def _features(self, photos: Sequence[Photo], bar: Bar) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the place and the features (C, h, w) of the photos of this process."""
        which = compared(self._reader.strides)

        def joined(features: list[Tensor], size: tuple[int, int]) -> Tensor:
            return join([features[index] for index in which])

        for rows, places in self._reader.read(photos, joined, bar):
            yield from zip(places.tolist(), rows, strict=True)

    def _measure(self) -> list[tuple[Photo, np.ndarray, np.ndarray]]:
        """Return the measured photos, their features (h, w, C), and their distances (h, w)."""
        photos, cells = self._measured, self._cells

        def seen(bar: Bar) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
            for place, features in self._features(photos, bar):
                size, flat = features.shape[1:], features.reshape(len(features), -1).T
                yield (place, narrowed(flat).astype(np.float32).reshape(*size, -1),
                       self._distances(cells, photos[place], features))

        with self._reader.stage("distances", photos) as bar:
            made = sorted(interleaved(seen(bar)), key=lambda one: one[0])
        return [(photos[place], features, distances) for place, features, distances in made]

    def _write(self, photos: Sequence[Photo]) -> None:
        """Write the distances of photos that have none yet."""
        if todo := missing(photos, lambda photo: self._file(photo.name)):
            cells = self._cells
            with self._reader.stage("distances", todo) as bar:
                for place, features in self._features(todo, bar):
                    self._distances(cells, todo[place], features)
        barrier()

    def _distances(self, cells: NormalCells, photo: Photo, features: np.ndarray) -> np.ndarray:
        """Write and return the distances of the cells of a photo (C, h, w), (h, w)."""
        distances = cells.distances(torch.from_numpy(features)).numpy()
        write_planes(self._file(photo.name), distances[None], np.zeros(0, np.int64))
        return distances

    def _read(self, name: str) -> np.ndarray:
        distances: np.ndarray = read_planes(self._file(name))[0][0]
        return distances

    def _file(self, name: str) -> Path:
        return self._context.run.sharpener / "distances" / f"{name}.npz"
