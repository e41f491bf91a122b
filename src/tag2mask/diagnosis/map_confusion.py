"""Classes whose map falls on the thing beside them, told from a run's maps alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.diagnosis.co_occurrence import Pair
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.artifacts import RunFolder, read_planes, read_run_dataset

TOP = 0.2
"""Share of a map's places that count as where the class is seen."""

CONFUSED = 0.45
"""From this share of a class's region on it is called another's."""

FEWEST = 8
"""Pairs that fewer photos with maps have are not judged."""

_CELLS = (32, 32)


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How much of one class's region another class's map claims."""

    pair: Pair
    """The classes; `pair.tag` is the one whose map is looked at."""
    share: float
    """Mean over photos of the share of its region where the other's map is larger, in [0, 1]."""
    photos: tuple[tuple[int, float], ...]
    """Photos with both, as index and share, the largest share first."""


def claimed(own: np.ndarray, other: np.ndarray) -> float:
    """Return how much of the strongest fifth of a map lies where another map is larger.

    Args:
        own: (h, w) in [0, 1].
        other: (h, w) in [0, 1].

    Returns:
        in [0, 1]; 0 for a map without any strongest place.
    """
    bar = np.quantile(own, 1 - TOP)
    region = (own >= bar) & (own > own.min())
    return float((other > own)[region].mean()) if region.any() else 0.0


def confusions(
    dataset: Dataset, photos: Sequence[int], pairs: Sequence[Pair], run: RunFolder
) -> list[Confusion]:
    """Measure pairs on the photos that have both, most confused first.

    Args:
        dataset: its photos and classes are known to the run by name.
        photos: indices of those that are looked at.
        pairs: which are measured; those that fewer than 8 photos with maps have are left out.
        run: the run, whose maps are there.

    Raises:
        InputError: the run has other classes, or no maps of these photos.
    """
    if read_run_dataset(run).classes != dataset.classes:
        raise InputError(f"{run.root} was made with other classes than {dataset.root} has; "
                         "give the run of this data set.")
    mapped = [n for n in photos if run.map_file(dataset.photos[n].name).exists()]
    if not mapped:
        raise InputError(f"{run.root} has no maps of the photos in {dataset.root}; "
                         f"make them with `tag2mask activate {run.root}`.")
    found = [_measured(dataset, mapped, pair, run) for pair in pairs]
    kept = [one for one in found if len(one.photos) >= FEWEST]
    return sorted(kept, key=lambda one: -one.share)


def planes_of(run: RunFolder, photo: Photo, *classes: int) -> list[np.ndarray]:
    """Read the maps (32, 32) of some classes on a photo; [] where one has none."""
    maps, known = read_planes(run.map_file(photo.name))
    if not set(classes) <= set(known.tolist()):
        return []
    chosen = maps[[known.tolist().index(k) for k in classes]]
    return list(upscale(chosen, _CELLS))


def _measured(dataset: Dataset, mapped: Sequence[int], pair: Pair, run: RunFolder) -> Confusion:
    shares = []
    for n in mapped:
        if {pair.tag, pair.other} <= set(dataset.photos[n].tags):
            planes = planes_of(run, dataset.photos[n], pair.tag, pair.other)
            shares += [(n, claimed(*planes))] if planes else []
    mean = float(np.mean([share for _, share in shares])) if shares else 0.0
    return Confusion(pair=pair, share=mean, photos=tuple(sorted(shares, key=lambda s: -s[1])))
