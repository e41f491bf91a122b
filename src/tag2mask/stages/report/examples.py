"""Select and draw the photos in the report, each with all its masks side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import BACKGROUND, InputError
from tag2mask.data import Dataset, Photo, load_photo
from tag2mask.pages.templates import data_uri
from tag2mask.pictures.overlays import heat, overlay
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.stages.report.ranking import groups, mask_of, rank

_BUDGET = 1_900_000
_LARGEST = 320

_MASKS = (("pseudo", "pseudo mask"), ("network", "network"), ("final", "final mask"),
          ("truth", "truth"))


@dataclass(frozen=True)
class Picture:
    """One picture of an example, ready for a page."""

    kind: str
    title: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class Example:
    """One photo with its maps and masks; missing pictures are left out."""

    name: str
    tags: tuple[int, ...]
    score: float | None
    pictures: tuple[Picture, ...]
    labels: frozenset[int]


@dataclass(frozen=True)
class Chosen:
    """Examples in named groups, and the measure that they are ordered by."""

    measure: str
    groups: tuple[tuple[str, tuple[Example, ...]], ...]

    @property
    def labels(self) -> frozenset[int]:
        """All labels in any of the pictures."""
        return frozenset[int]().union(*(e.labels for _, group in self.groups for e in group))

    @property
    def columns(self) -> int:
        """The largest number of pictures of an example; at least 4, so that pictures stay small."""
        return max([4, *(len(e.pictures) for _, group in self.groups for e in group)])


def choose_examples(run: RunFolder, dataset: Dataset, *, examples: int) -> Chosen:
    """Select the best, the median and the worst photos by the scores available in a run.

    They are ranked by the network's score on held-out photos; without masks by the agreement of
    network and pseudo mask; without a network by the score of the pseudo masks. Photos without
    tags are only shown if there are no others, because they would fill the upper ranks.

    Args:
        run: the run folder, possibly incomplete.
        dataset: the data set of the run.
        examples: number of photos to show; the pictures are smaller if there are many.
    """
    tagged = [photo for photo in dataset.photos if photo.tags] or list(dataset.photos)
    measure, ranked = rank(run, tagged, len(dataset.classes) + 1)
    side = min(_LARGEST, int(math.sqrt(_BUDGET / (6 * max(examples, 1)) / 0.32)))
    shown_groups = []
    for name, members in groups(ranked, examples, scored=bool(measure)):
        shown = [draw_example(run, dataset, photo, score, side) for score, photo in members]
        kept = tuple(example for example in shown if example is not None)
        shown_groups += [(name, kept)] if kept else []
    return Chosen(measure, tuple(shown_groups))


def draw_example(run: RunFolder, dataset: Dataset, photo: Photo, score: float | None,
                 side: int) -> Example | None:
    """Draw one photo with its maps and masks; None if the photo itself is missing."""
    try:
        image = load_photo(photo.path, max_side=side, depth=photo.depth)
    except InputError:
        return None
    num_labels = len(dataset.classes) + 1
    masks = [(kind, title, mask_of(run, photo, kind, num_labels)) for kind, title in _MASKS]
    pseudo = masks[0][2]
    drawn = [_picture("photo", "photo", image), _map(run, dataset, photo, image, pseudo)]
    drawn += [_picture(kind, title, overlay(image, mask, hatch=kind == "pseudo"))
              for kind, title, mask in masks if mask is not None]
    labels = frozenset(int(label) for _, _, mask in masks if mask is not None
                       for label in np.unique(mask)) - {BACKGROUND}
    pictures = tuple(picture for picture in drawn if picture is not None)
    return Example(photo.name, photo.tags, score, pictures, labels)


def _map(run: RunFolder, dataset: Dataset, photo: Photo, image: np.ndarray,
         pseudo: np.ndarray | None) -> Picture | None:
    """Draw the map of the tag with the largest area in the pseudo mask, or of the first tag."""
    if not run.map_file(photo.name).exists():
        return None
    try:
        planes, classes = read_planes(run.map_file(photo.name))
    except InputError:
        return None
    if not len(planes):
        return None
    areas = [0 if pseudo is None else int((pseudo == label + 1).sum()) for label in classes]
    best = int(np.argmax(areas))
    name = dataset.classes[classes[best]] if classes[best] < len(dataset.classes) else "?"
    return _picture("map", f"map of {name}", heat(image, planes[best]))


def _picture(kind: str, title: str, image: np.ndarray) -> Picture:
    return Picture(kind, title, data_uri(image, quality=82), image.shape[1], image.shape[0])
