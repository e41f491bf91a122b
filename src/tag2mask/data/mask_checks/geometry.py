"""Check that masks match their photos: size, orientation, displacement, masks of other photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Photo
from tag2mask.data.mask_checks.fitting import (
    SIDE,
    SQUARE_TURNS,
    TURNS,
    Mask,
    Tile,
    fit,
    make_tile,
    strength,
)
from tag2mask.data.mask_checks.parts import position_of_a_part
from tag2mask.data.mask_checks.shifts import common_offset, offset_name, shifted
from tag2mask.data.mask_reading import turned
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import load_photo

_PHOTOS = 64
_RUN = 8
_OTHERS = 3
_FIRST = 4
"""A subset of one photo in this many is tried first; without a gain there, the rest is skipped."""

_SUBSET = 32
"""Number of photos from which on that is done."""

_SOME = 0.1
"""Share of the subset that must gain, if the mean of the subset does not."""

_LEAST_PHOTOS = 8
_STRONG = 5.0
"""Student's t at or above which another position of the masks counts as correct."""

_GAIN = 0.08
"""Minimum gain in units of `fit`, in addition."""

_UNRELATED = 1.0
"""Student's t below which masks fit their own photos no better than other photos."""

_MANY = 24
"""Minimum number of photos for that test."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A small photo with its mask, and with the masks of other photos."""

    photo: Photo
    tile: Tile
    mask: Mask
    before: Mask
    after: Mask


def runs_of_photos(photos: Sequence[Photo]) -> list[Photo]:
    """Select tagged photos with masks in short runs of neighbours, evenly over the set."""
    masked = [photo for photo in photos if photo.mask is not None and photo.tags]
    if len(masked) <= _PHOTOS:
        return masked
    starts = np.linspace(0, len(masked) - _RUN, _PHOTOS // _RUN).round().astype(int)
    return [masked[place] for start in starts for place in range(start, start + _RUN)]


def load_pairs(
    chosen: Sequence[Photo], photos: Sequence[Photo], *, num_labels: int, workers: int
) -> list[Pair]:
    """Read small photos and masks at the same scale; leave out unreadable and mismatched pairs.

    Args:
        chosen: the photos to read.
        photos: all photos, which provide the masks of the neighbours.
        num_labels: K + 1.
        workers: number of threads that read.
    """
    masked = [photo for photo in photos if photo.mask is not None]
    place = {photo.name: number for number, photo in enumerate(masked)}

    def pair(photo: Photo) -> Pair | None:
        number = place[photo.name]
        own, before, after = (
            _small_mask(masked[n % len(masked)], num_labels)
            for n in (number, number - 1, number + 1)
        )
        try:
            tile = make_tile(load_photo(photo.path, max_side=SIDE))
        except InputError:
            return None
        if own is None or not _same_form(own.shape, tile.ranks.shape):
            return None
        return Pair(photo=photo, tile=tile, mask=own, before=own if before is None else before,
                    after=own if after is None else after)

    with ThreadPoolExecutor(max_workers=max(1, workers)) as threads:
        return [one for one in threads.map(pair, chosen) if one is not None]


def position_doubt(pairs: Sequence[Pair]) -> str:
    """Return the reason why the masks do not match their photos; "" if there is none.

    Another position is accepted only if the masks fit clearly better there over the set; masks that
    fit their photos only roughly, such as coarse polygons, fit no better anywhere else.
    """
    own = [fit(pair.tile, pair.mask) for pair in pairs]
    if sum(not np.isnan(one) for one in own) < _LEAST_PHOTOS:
        return ""
    gains = {name: _gains(pairs, own, moved) for name, moved in _positions(pairs).items()}
    gains = {name: of for name, of in gains.items() if of}
    if best := _best_position(gains, len(pairs)):
        return f"they fit their photos far better if they are taken to be {best}"
    if part := position_of_a_part(gains, gain=_GAIN):
        name, places = part
        return (f"{len(places)} of {len(pairs)} that were looked at fit their photos far better if "
                f"they are taken to be {name}, the first being {pairs[places[0]].photo.mask}")
    if _is_unrelated(pairs, own):
        return ("they fit their own photos no better than other photos, in edges and in colours; "
                "most likely they are masks of other photos, or turned")
    return ""


def _best_position(gains: Mapping[str, Sequence[float]], number: int) -> str:
    """Return the position that fits the whole set best; "" if there is none that is clear."""
    best, strongest = "", 0.0
    for name, of in gains.items():
        known = [gain for gain in of if not np.isnan(gain)]
        enough = len(known) >= max(_LEAST_PHOTOS, number // 2)
        if enough and float(np.mean(known)) >= _GAIN and strength(of) > strongest:
            best, strongest = name, strength(of)
    return best if strongest >= _STRONG else ""


def _gains(
    pairs: Sequence[Pair], own: Sequence[float], moved: Sequence[Mask | None]
) -> list[float]:
    """Return the gain of each mask in another position; of a subset only, if none gains there."""

    def gain(place: int) -> float:
        mask = moved[place]
        return float("nan") if mask is None else fit(pairs[place].tile, mask) - own[place]

    step = _FIRST if len(pairs) >= _SUBSET else 1
    first = {place: gain(place) for place in range(0, len(pairs), step)}
    known = [one for one in first.values() if not np.isnan(one)]
    some = sum(one >= _GAIN for one in known) >= _SOME * len(known)
    if step == 1 or (known and (some or float(np.mean(known)) > 0)):
        return [first[place] if place in first else gain(place) for place in range(len(pairs))]
    return list(first.values())


def turn_gain(pairs: Sequence[Pair], orientations: Sequence[int]) -> float:
    """Return Student's t of the gain in fit if masks are rotated like their photos."""
    gains = [
        fit(pair.tile, turned(pair.mask, orientation)) - fit(pair.tile, pair.mask)
        for pair, orientation in zip(pairs, orientations, strict=True)
    ]
    known = [gain for gain in gains if not np.isnan(gain)]
    return strength(gains) if len(known) >= _LEAST_PHOTOS // 2 else 0.0


def _positions(pairs: Sequence[Pair]) -> dict[str, list[Mask | None]]:
    positions: dict[str, list[Mask | None]] = {
        name: [undo(pair.mask) for pair in pairs] for name, undo in TURNS.items()
    }
    for name, undo in SQUARE_TURNS.items():
        positions[name] = [_if_square(pair.mask, undo) for pair in pairs]
    # If the next mask belongs to a photo, its own belongs to the previous photo.
    positions["those of the photos after them"] = [pair.before for pair in pairs]
    positions["those of the photos before them"] = [pair.after for pair in pairs]
    offset = common_offset([pair.tile for pair in pairs], [pair.mask for pair in pairs])
    if offset is not None:
        positions[offset_name(offset)] = [
            shifted(pair.mask, offset, pair.tile.ranks.shape) for pair in pairs
        ]
    return positions


def _if_square(mask: Mask, undo: Callable[[Mask], Mask]) -> Mask | None:
    return undo(mask) if mask.shape[0] == mask.shape[1] else None


def _is_unrelated(pairs: Sequence[Pair], own: Sequence[float]) -> bool:
    """Return whether masks fit their own photos no better than the masks of others do."""
    gains, alike = [], []
    for number, (pair, here) in enumerate(zip(pairs, own, strict=True)):
        steps = [1 + (k + 1) * (len(pairs) - 2) // (_OTHERS + 1) for k in range(_OTHERS)]
        others = [pairs[(number + step) % len(pairs)].mask for step in steps]
        gains.append(here - float(np.nanmean([fit(pair.tile, o) for o in others] or [np.nan])))
        alike += [_overlap(pair.mask, other) for other in others]
    known = sum(not np.isnan(gain) for gain in gains)
    return known >= _MANY and float(np.mean(alike)) < 0.5 and strength(gains) < _UNRELATED


def _overlap(first: Mask, second: Mask) -> float:
    rows = np.linspace(0, 1, 32, endpoint=False)
    one, two = (
        (m > 0)[np.ix_((rows * m.shape[0]).astype(int), (rows * m.shape[1]).astype(int))]
        for m in (first, second)
    )
    either = (one | two).sum()
    return float((one & two).sum() / either) if either else 1.0


def _small_mask(photo: Photo, num_labels: int) -> npt.NDArray[np.uint8] | None:
    if photo.mask is None:
        return None
    try:  # not Path(photo.mask), which would lose how the mask is read
        mask = load_mask(photo.mask, size=None, num_labels=num_labels)
    except InputError:
        return None
    step = max(1, max(mask.shape) // (2 * SIDE))
    return mask[::step, ::step]


def _same_form(mask: tuple[int, ...], photo: tuple[int, ...]) -> bool:
    """Return whether the ratio of height and width is the same up to rounding."""
    return abs(mask[0] / mask[1] - photo[0] / photo[1]) < 0.05 * photo[0] / photo[1]
