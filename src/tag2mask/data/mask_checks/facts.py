"""Collect the stored values in a sample of the masks, together with the tags of their photos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Photo
from tag2mask.data.mask_pixels import read_pixels

_SAMPLE = 200
_PER_CLASS = 4
_MOST_SYMBOLS = 512
"""Number of colours kept per mask, most frequent first; a compressed picture has thousands."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MaskFacts:
    """One mask of the sample."""

    photo: Photo
    """The photo of the mask."""
    neighbours: tuple[tuple[int, ...], tuple[int, ...]]
    """Tags of the previous and the next photo with a mask, by name, in cyclic order."""
    kind: str
    """"grey", "index" or "colour", see `MaskPixels`."""
    values: dict[int, int]
    """Number of pixels by stored value, or by packed colour if `kind` is "colour"."""
    colours: dict[int, int]
    """Number of pixels by packed colour."""
    jpeg: bool
    """Whether the file was compressed with loss."""
    rewrapped: bool
    """Whether grey values were stored as a colour picture."""
    solid: frozenset[int]
    """Stored values that fill at least one square of 3 x 3 pixels; blended values do not."""
    framing: int
    """The most frequent stored value along the edge of the picture."""
    framed: float
    """Share of the pixels along the edge that have this value."""

    def symbols(self, by_colour: bool) -> dict[int, int]:
        """Return the number of pixels by packed colour or by stored value."""
        return self.colours if by_colour else self.values


def sample_photos(photos: Sequence[Photo]) -> list[Photo]:
    """Select photos with masks, evenly over all tags and some of every class; deterministic."""
    masked = sorted((p for p in photos if p.mask is not None), key=lambda p: (p.tags, p.name))
    chosen = _evenly(masked, _SAMPLE)
    by_class: dict[int, list[Photo]] = defaultdict(list)
    for photo in masked:
        for tag in photo.tags:
            by_class[tag].append(photo)
    for own in by_class.values():
        chosen += _evenly(own, _PER_CLASS)
    return sorted({photo.name: photo for photo in chosen}.values(), key=lambda photo: photo.name)


def collect_facts(
    sample: Sequence[Photo], photos: Sequence[Photo], *, workers: int
) -> list[MaskFacts]:
    """Read the masks of a sample of `photos`; unreadable masks are left out."""
    masked = [photo for photo in photos if photo.mask is not None]
    place = {photo.name: number for number, photo in enumerate(masked)}

    def facts(photo: Photo) -> MaskFacts | None:
        number = place[photo.name]
        before, after = masked[number - 1], masked[(number + 1) % len(masked)]
        return _facts(photo, (before.tags, after.tags))

    with ThreadPoolExecutor(max_workers=max(1, workers)) as threads:
        return [one for one in threads.map(facts, sample) if one is not None]


def _evenly(photos: Sequence[Photo], number: int) -> list[Photo]:
    places = np.linspace(0, len(photos) - 1, min(number, len(photos))).round().astype(int)
    return [photos[place] for place in places]


def _facts(
    photo: Photo, neighbours: tuple[tuple[int, ...], tuple[int, ...]]
) -> MaskFacts | None:
    try:
        pixels = read_pixels(Path(photo.mask or ""))
    except InputError:
        return None
    frame = _counted(np.concatenate(
        [pixels.values[0], pixels.values[-1], pixels.values[:, 0], pixels.values[:, -1]]
    ))
    framing = max(frame, key=lambda value: frame[value])
    return MaskFacts(
        photo=photo, neighbours=neighbours, kind=pixels.kind, values=_counted(pixels.values),
        colours=_counted(pixels.colours), jpeg=pixels.jpeg, rewrapped=pixels.rewrapped,
        solid=_solid(pixels.values), framing=framing, framed=frame[framing] / sum(frame.values()),
    )


def _solid(values: npt.NDArray[np.integer[Any]]) -> frozenset[int]:
    across = (values[:, :-2] == values[:, 1:-1]) & (values[:, 1:-1] == values[:, 2:])
    same = (values[:-2] == values[1:-1]) & (values[1:-1] == values[2:])
    inside = across[:-2] & across[1:-1] & across[2:] & same[:, 1:-1]
    return frozenset(np.unique(values[1:-1, 1:-1][inside]).tolist())


def _counted(values: npt.NDArray[np.integer[Any]]) -> dict[int, int]:
    found, counts = np.unique(values, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:_MOST_SYMBOLS]
    return {int(found[place]): int(counts[place]) for place in sorted(most)}
