"""Classes whose map highlights another class, measured on the maps of a run, without masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.diagnosis.co_occurrence import Pair
from tag2mask.pseudo_masks import upscale
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes

TOP = 0.2
"""Share of the pixels of a map that are the strongest region of its class."""

CONFUSED = 0.45
"""A map is confused if another map is stronger in at least this share of its region."""

FEWEST = 8
"""Fewest photos with maps for a pair to be measured."""

_CELLS = (32, 32)


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """Share of a class's strongest region where the map of another class is stronger."""

    pair: Pair
    """The classes; the region is that of `pair.tag`."""
    share: float
    """Share of the region where the other map is stronger, in [0, 1]; the mean over photos."""
    photos: tuple[tuple[int, float], ...]
    """Photos with both classes as (index, share), the largest share first."""


def claimed(own: np.ndarray, other: np.ndarray) -> float:
    """Return the share of the strongest fifth of a map where another map is stronger.

    Args:
        own: (h, w) in [0, 1].
        other: (h, w) in [0, 1].

    Returns:
        the share in [0, 1]; 0 for a constant map.
    """
    bar = np.quantile(own, 1 - TOP)
    region = (own >= bar) & (own > own.min())
    return float((other > own)[region].mean()) if region.any() else 0.0


def confusions(
    dataset: Dataset, photos: Sequence[int], pairs: Sequence[Pair], run: RunFolder
) -> list[Confusion]:
    """Measure pairs on the photos that have both classes, most confused first.

    Args:
        dataset: the data set of the run.
        photos: indices of the photos to measure on.
        pairs: the pairs; those on fewer than `FEWEST` photos with maps are left out.
        run: a run with maps.

    Raises:
        InputError: the run has other classes, or no maps of these photos.
    """
    if read_run_dataset(run).classes != dataset.classes:
        raise InputError(f"{run.root} has other classes than {dataset.root}; "
                         "use a run of this data set.")
    mapped = [n for n in photos if run.map_file(dataset.photos[n].name).exists()]
    if not mapped:
        raise InputError(f"{run.root} has no maps of the photos in {dataset.root}; "
                         f"compute them with `tag2mask activate {run.root}`.")
    found = [_measured(dataset, mapped, pair, run) for pair in pairs]
    kept = [one for one in found if len(one.photos) >= FEWEST]
    return sorted(kept, key=lambda one: -one.share)


def planes_of(run: RunFolder, photo: Photo, *classes: int) -> list[np.ndarray]:
    """Read the maps of some classes on a photo, each (32, 32); [] if one of them is missing."""
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
