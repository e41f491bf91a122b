"""GeoJSON: polygons with holes, in the coordinate system of the photo or in pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tag2mask.core.files import atomic_path
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.georeference import Georeference, georeference, rasterio
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.names import Names
from tag2mask.interchange.polygons import Contour, Ring, simplify, trace
from tag2mask.interchange.world_files import world_file

_GEOREFERENCED = (".tif", ".tiff")


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write a GeoJSON file per photo."""
    names, count, nowhere = Names(), 0, 0
    for photo in labelling.photos:
        if photo.labels is None:
            continue
        place = _place(photo)
        nowhere += place is None
        path = out / f"{names.stem(photo.file, suffix='.geojson')}.geojson"
        with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            file.write('{"type": "FeatureCollection",\n')
            if place is not None and place.crs.startswith("EPSG:"):
                name = f"urn:ogc:def:crs:EPSG::{place.crs.removeprefix('EPSG:')}"
                crs = {"type": "name", "properties": {"name": name}}
                file.write(f'"crs": {json.dumps(crs)},\n')
            file.write('"features": [')
            for number, feature in enumerate(_features(photo, place, options)):
                file.write((",\n" if number else "\n") + json.dumps(feature, ensure_ascii=False))
            file.write("\n]}\n")
        count += 1
    names.write(out)
    if nowhere:
        labelling.notes.append(f"{nowhere:,} photos are not georeferenced; their polygons are in "
                               "pixels, rows counted upwards from 0 as negative numbers.")
    return count


def _place(photo: LabelledPhoto) -> Georeference | None:
    """Return the georeference of a photo; rasterio is needed only if it may have one."""
    if photo.path is None:
        return None
    if photo.path.suffix.lower() in _GEOREFERENCED or world_file(photo.path):
        rasterio()
        return georeference(photo.path)
    return None


def _features(
    photo: LabelledPhoto, place: Georeference | None, options: WriteOptions
) -> Iterator[dict[str, object]]:
    where = place or Georeference("", (1, 0, 0, 0, -1, 0))
    for region in photo.regions(parts=options.parts):
        name = photo.classes[region.label - 1]
        contours = trace(region.mask, left=region.left, top=region.top)
        polygons = [_polygon(contour, where, options.simplify) for contour in contours]
        single = len(polygons) == 1
        yield {"type": "Feature",
               "properties": {"class": name, "label": region.label, "pixels": region.area,
                              "trust": photo.class_trust.get(name, photo.trust)},
               "geometry": {"type": "Polygon" if single else "MultiPolygon",
                            "coordinates": polygons[0] if single else polygons}}


def _polygon(
    contour: Contour, place: Georeference, tolerance: float
) -> list[list[tuple[float, float]]]:
    """Return closed rings, the outer one counter-clockwise and holes clockwise (RFC 7946)."""
    rings = []
    for number, ring in enumerate((contour.outer, *contour.holes)):
        placed = np.array([place.place(x, y) for x, y in simplify(ring, tolerance).tolist()])
        if (_area(placed) > 0) != (number == 0):
            placed = placed[::-1]
        rings.append([(x, y) for x, y in [*placed.tolist(), placed[0].tolist()]])
    return rings


def _area(ring: Ring) -> float:
    x, y = ring.T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


FORMAT = Format(
    title="QGIS, web maps", exact="exact", write=write,
    undecided="left out", extra="rasterio for GeoTIFF",
)
