"""GeoJSON: polygons with holes, in the coordinate system of the photo or in pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tag2mask.core.files import atomic_path
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.geo_polygons import geo_regions, place_of
from tag2mask.interchange.georeference import Georeference
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.names import Names


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write a GeoJSON file per photo."""
    names, count, nowhere = Names(), 0, 0
    for photo in labelling.photos:
        if photo.labels is None:
            continue
        place = place_of(photo)
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


def _features(
    photo: LabelledPhoto, place: Georeference | None, options: WriteOptions
) -> Iterator[dict[str, object]]:
    for region in geo_regions(photo, place, options):
        polygons = [[ring.tolist() for ring in polygon] for polygon in region.polygons]
        single = len(polygons) == 1
        yield {"type": "Feature",
               "properties": {"class": region.class_name, "label": region.label,
                              "pixels": region.pixels, "trust": region.trust},
               "geometry": {"type": "Polygon" if single else "MultiPolygon",
                            "coordinates": polygons[0] if single else polygons}}


FORMAT = Format(
    title="QGIS, web maps", exact="exact", write=write,
    undecided="left out", extra="rasterio for GeoTIFF",
)
