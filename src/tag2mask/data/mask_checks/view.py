"""Views of a sample of masks as symbol counts: stored values, colours, or cleaned colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tag2mask.data.mask_checks.facts import MaskFacts
from tag2mask.data.mask_reading import MaskReading, distances

_MERGED = {False: 12, True: 40}
"""Distance in values or colour channels within which a symbol is noise of a more frequent one."""

_PEAK = 0.002
"""Share of all pixels below which a symbol counts as noise between two others."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """One view of the sample; a symbol is a stored value or a packed colour."""

    rows: tuple[dict[int, int], ...]
    """Number of pixels by symbol, for every mask."""
    tags: tuple[frozenset[int], ...]
    """Tagged classes of the photo of each mask."""
    solid: tuple[frozenset[int], ...]
    """Symbols of each mask that are more than thin seams between others."""
    by_colour: bool
    """Whether symbols are packed colours."""
    nearest: bool = False
    """Whether blended symbols were merged into the nearest frequent one, or dropped."""

    @property
    def symbols(self) -> list[int]:
        """Symbols that occur in more than an isolated mask, in ascending order."""
        seen = Counter(symbol for row in self.rows for symbol in row)
        least = 2 if len(self.rows) >= 10 else 1
        return sorted(symbol for symbol, masks in seen.items() if masks >= least)

    @property
    def areas(self) -> Counter[int]:
        """Number of pixels by symbol over the sample."""
        total: Counter[int] = Counter()
        for row in self.rows:
            total.update(row)
        return total

    @property
    def one_tag(self) -> bool:
        """Whether no photo has two tags."""
        return all(len(tags) <= 1 for tags in self.tags)

    def nearest_of(self, reading: MaskReading) -> View:
        """Merge every symbol into the nearest one of a table; those far from all are dropped."""
        symbols = [symbol for symbol, _ in reading.table]
        places = replace(reading, table=tuple((s, n) for n, s in enumerate(symbols)))
        rows = tuple(_snapped(row, places, symbols) for row in self.rows)
        return replace(self, rows=rows, nearest=True)


def make_view(facts: Sequence[MaskFacts], *, by_colour: bool) -> View:
    """Create the view of stored values or of colours."""
    return View(
        rows=tuple(one.symbols(by_colour) for one in facts),
        tags=tuple(frozenset(one.photo.tags) for one in facts), by_colour=by_colour,
        solid=tuple(frozenset(one.symbols(by_colour)) if by_colour else one.solid
                    for one in facts),
    )


def cleaned(view: View, *, most: int) -> View | None:
    """Merge blended symbols into the nearest frequent symbol.

    Compression and smooth resizing produce values between those that were drawn.

    Returns:
        None if there is nothing to clean, if more than `most` symbols are frequent, or if these are
            too close to each other to distinguish them from noise.
    """
    peaks = _peaks(view)
    if len(peaks) < 2 or len(peaks) > most or len(view.symbols) <= len(peaks):
        return None
    known = np.array(peaks)
    apart = distances(known, known, by_colour=view.by_colour)
    if apart[~np.eye(len(peaks), dtype=bool)].min() < 2 * _MERGED[view.by_colour]:
        return None
    return view.nearest_of(MaskReading(
        table=tuple((peak, place) for place, peak in enumerate(peaks)),
        by_colour=view.by_colour, nearest=True,
    ))


def _snapped(row: dict[int, int], reading: MaskReading, peaks: list[int]) -> dict[int, int]:
    places = reading.label_values(np.array(list(row)))
    kept: dict[int, int] = {}
    for place, count in zip(places.tolist(), row.values(), strict=True):
        if place < len(peaks):
            kept[peaks[place]] = kept.get(peaks[place], 0) + count
    return kept


def _peaks(view: View) -> list[int]:
    """Return the symbols that were drawn: frequent, and not next to a more frequent one."""
    areas = view.areas
    least = _PEAK * sum(areas.values())
    peaks: list[int] = []
    for symbol, pixels in areas.most_common():
        if pixels < least:
            break
        far = distances(np.array([symbol]), np.array(peaks, np.int64), by_colour=view.by_colour)
        if not peaks or far.min() > _MERGED[view.by_colour]:
            peaks.append(symbol)
    return sorted(peaks)
