"""Apply sharpening steps to the scores of all photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from tag2mask.annotation.constraint import Constraint
from tag2mask.core.device import one_thread_each
from tag2mask.core.processes import missing, own
from tag2mask.core.profiling import CHOOSE, CRF, work
from tag2mask.data.annotations import load_constraint
from tag2mask.data.batches import load_fitted
from tag2mask.data.dataset import Photo
from tag2mask.data.loading import read_ahead
from tag2mask.pseudo_masks import clamp, guide
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.planes import write_planes
from tag2mask.sharpening import Sharpener
from tag2mask.sharpening.crf_tuning import TunedCRF
from tag2mask.sharpening.normality import Normality
from tag2mask.sharpening.step import BatchSharpener
from tag2mask.stages.sharpen.crf_choice import chosen_kernels
from tag2mask.stages.sharpen.filling_rates import filling_rates
from tag2mask.stages.sharpen.normal_distances import NormalDistances
from tag2mask.stages.sharpen.normality_choice import fit_normality

Start = Callable[[str, tuple[int, int]], tuple[np.ndarray, np.ndarray]]
"""Returns the scores of a photo before its steps, given its name and a size, and their classes."""

_PIXELS_AT_ONCE = 2**20
"""Number of pixels of several photos that a GPU sharpens at once."""


@dataclass
class _Opened:
    """A photo whose scores take the steps.

    Attributes:
        photo: the photo.
        pixels: (h, w, 3) uint8.
        scores: (1 + k, h, w), guided by annotations.
        classes: (k,) 0-based class of the other rows.
        constraint: what is known of the photo's pixels, if anything.
    """

    photo: Photo
    pixels: np.ndarray
    scores: np.ndarray
    classes: np.ndarray
    constraint: Constraint | None

    @property
    def decided(self) -> bool:
        """Whether annotations leave nothing to the steps."""
        return self.constraint is not None and self.constraint.complete

    @property
    def clamped(self) -> np.ndarray:
        """The scores, with annotations enforced."""
        if self.constraint is None:
            return self.scores
        return clamp(self.scores, self.classes.tolist(), self.constraint)


def apply_steps(
    context: Context, device: torch.device, long_side: int, start: Start,
    steps: Sequence[Sharpener], score_file: Callable[[str], Path],
    normal: NormalDistances | None = None,
) -> None:
    """Apply steps to the scores of all tagged photos, and write missing results.

    The distances `normal` are only read, for the step normality, which needs them.
    """
    photos = [photo for photo in context.dataset.photos if photo.tags]
    todo = missing(photos, lambda photo: score_file(photo.name))
    way = _Way(context, device, long_side, start, steps)
    if todo:
        way.choose(normal)

    def write(one: _Opened) -> None:
        write_planes(score_file(one.photo.name), one.clamped, one.classes)

    with (
        context.progress.stage(
            "sharpen", total=len(photos), done=len(photos) - len(todo), shared=True) as bar,
        one_thread_each() as workers,
    ):
        ahead = partial(read_ahead, items=own(todo), workers=workers, ahead=2 * workers)
        together = way.together
        if together is None:
            for _ in ahead(lambda photo: write(way.sharpened(photo))):
                bar.advance(1)
        else:
            for group in _groups(ahead(way.opened)):
                _take(group, together, device)
                for one in group:
                    write(one)
                    bar.advance(1)


class _Way:
    """The way of a photo from its first scores through all steps."""

    def __init__(
        self, context: Context, device: torch.device, long_side: int, start: Start,
        steps: Sequence[Sharpener],
    ) -> None:
        self._context, self._device, self._long_side = context, device, long_side
        self._start, self._steps = start, steps
        self._labels = len(context.dataset.classes) + 1
        self._rates = filling_rates(context.dataset.split("train"), self._labels)

    @property
    def together(self) -> list[BatchSharpener] | None:
        """The steps, if they are to take several photos at once: all can, and on a GPU."""
        steps: list[BatchSharpener] = [
            step for step in self._steps if isinstance(step, BatchSharpener)]
        return steps if self._device.type != "cpu" and len(steps) == len(self._steps) else None

    def opened(self, photo: Photo) -> _Opened:
        """Read a photo and its first scores."""
        pixels = load_fitted(photo, self._long_side)
        scores, classes = self._start(photo.name, (pixels.shape[0], pixels.shape[1]))
        constraint = load_constraint(photo, self._labels)
        if constraint is not None:
            scores = guide(scores, classes.tolist(), pixels, constraint, self._rates)
        return _Opened(photo, pixels, scores, classes, constraint)

    def sharpened(self, photo: Photo, number: int | None = None) -> _Opened:
        """Read a photo and take the first steps, `number` of them or all."""
        one = self.opened(photo)
        for step in () if one.decided else self._steps[:number]:
            with work(CRF):
                one.scores = step(one.pixels, one.scores, device=self._device, name=photo.name)
        return one

    def choose(self, normal: NormalDistances | None) -> None:
        """Choose what steps do that depend on the scores before them."""
        for place, step in enumerate(self._steps):
            sample = partial(self._sample, number=place)
            if isinstance(step, TunedCRF):
                with work(CHOOSE):
                    step.kernels = chosen_kernels(self._context, sample, self._device)
            if isinstance(step, Normality) and normal:
                with work(CHOOSE):
                    fit_normality(self._context, normal, step, sample, self._device)

    def _sample(self, photo: Photo, number: int) -> tuple[np.ndarray, np.ndarray]:
        one = self.sharpened(photo, number)
        return one.pixels, one.clamped


def _groups(photos: Iterable[_Opened]) -> Iterator[list[_Opened]]:
    """Divide photos, in their order, into groups for a GPU."""
    group: list[_Opened] = []
    for one in photos:
        group.append(one)
        if sum(other.pixels[..., 0].size for other in group) >= _PIXELS_AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _take(group: Sequence[_Opened], steps: Sequence[BatchSharpener], device: torch.device) -> None:
    """Apply steps to the scores of a group of photos at once."""
    todo = [one for one in group if not one.decided]
    for step in steps if todo else ():
        with work(CRF):
            scores = step.many(
                [one.pixels for one in todo], [one.scores for one in todo], device=device)
        for one, own_scores in zip(todo, scores, strict=True):
            one.scores = own_scores
