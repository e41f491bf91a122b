"""Polygons of label maps in the coordinate systems of their photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.georeference import Georeference, georeference
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.polygons import Contour, Ring, simplify, trace
from tag2mask.interchange.world_files import world_file

_GEOREFERENCED = (".tif", ".tiff")
_PIXELS = Georeference("", (1, 0, 0, 0, -1, 0))
"""Pixels as coordinates, with y upwards."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GeoRegion:
    """A class in a photo, or a connected part of it, as polygons."""

    class_name: str
    label: int
    pixels: int
    trust: float | None
    polygons: list[list[Ring]]
    """Per polygon the outer ring, counter-clockwise, then its holes, clockwise; rings are closed:
    the last of their (N, 2) corners is the first (RFC 7946)."""


def place_of(photo: LabelledPhoto) -> Georeference | None:
    """Return the georeference of a photo; rasterio is needed only if it may have one.

    Raises:
        InputError: rasterio is not installed.
    """
    if photo.path is None:
        return None
    if photo.path.suffix.lower() in _GEOREFERENCED or world_file(photo.path):
        return georeference(photo.path)
    return None


def geo_regions(
    photo: LabelledPhoto, place: Georeference | None, options: WriteOptions
) -> Iterator[GeoRegion]:
    """Yield the classes of a photo with labels; without a georeference in pixels, y upwards."""
    for region in photo.regions(parts=options.parts):
        name = photo.classes[region.label - 1]
        contours = trace(region.mask, left=region.left, top=region.top)
        yield GeoRegion(
            class_name=name, label=region.label, pixels=region.area,
            trust=photo.trust_in(name),
            polygons=[_polygon(one, place or _PIXELS, options.simplify) for one in contours],
        )


def _polygon(contour: Contour, place: Georeference, tolerance: float) -> list[Ring]:
    rings = []
    for number, ring in enumerate((contour.outer, *contour.holes)):
        placed = np.array([place.place(x, y) for x, y in simplify(ring, tolerance).tolist()])
        if (_area(placed) > 0) != (number == 0):
            placed = placed[::-1]
        rings.append(np.concatenate((placed, placed[:1])))
    return rings


def _area(ring: Ring) -> float:
    x, y = ring.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)
