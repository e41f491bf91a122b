"""GeoPackage: polygons with holes as one SQLite file, in the coordinate systems of the photos.

OGC GeoPackage 1.3; geometries are its binary header and well-known binary (clauses 2.1.3 and
2.1.4). Every coordinate system has a layer of its own.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.geo_polygons import GeoRegion, geo_regions, place_of
from tag2mask.interchange.georeference import rasterio
from tag2mask.interchange.polygons import Ring

FILE = "polygons.gpkg"

_NOWHERE = -1
"""Number of the undefined Cartesian coordinate system."""

_OWN = 100_000
"""First number of coordinate systems that have none of EPSG's."""

_SCHEMA = """
PRAGMA application_id = 0x47504B47;
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinates'),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinates'),
    ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",\
6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,\
AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],\
AUTHORITY["EPSG","4326"]]', 'longitude and latitude in degrees');
"""
_LAYER = """
CREATE TABLE "{}" (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom MULTIPOLYGON, photo TEXT, class TEXT,
    label INTEGER, pixels INTEGER, trust DOUBLE)
"""


@dataclass(kw_only=True)
class _Layer:
    """A table of polygons."""

    name: str
    srs: int
    low: list[float] = field(default_factory=lambda: [np.inf, np.inf])
    high: list[float] = field(default_factory=lambda: [-np.inf, -np.inf])


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write all polygons into one file.

    Raises:
        InputError: SQLite cannot write the file.
    """
    layers: dict[str | None, _Layer] = {}
    count = 0
    with atomic_path(out / FILE) as temporary, closing(sqlite3.connect(temporary)) as made:
        try:
            made.execute("PRAGMA journal_mode = MEMORY")
            made.executescript(_SCHEMA)
            for photo in labelling.photos:
                if photo.labels is None:
                    continue
                place = place_of(photo)
                layer = _layer(made, layers, None if place is None else place.crs)
                for region in geo_regions(photo, place, options):
                    _insert(made, layer, photo.file, region)
                count += 1
                made.commit()
            _finish(made, layers)
        except sqlite3.Error as error:
            raise InputError(f"{out / FILE} was not written: {error}.") from error
    if None in layers:
        labelling.notes.append(f"Photos that are not georeferenced are in {layers[None].name!r}, "
                               "in pixels; rows are counted upwards from 0 as negative numbers.")
    return count


def _layer(
    made: sqlite3.Connection, layers: dict[str | None, _Layer], crs: str | None
) -> _Layer:
    if crs not in layers:
        name = f"objects_{len(layers) + 1}" if layers else "objects"
        srs = _NOWHERE if not crs else _system(made, crs, len(layers))
        made.execute(_LAYER.format(name))
        layers[crs] = _Layer(name=name, srs=srs)
    return layers[crs]


def _system(made: sqlite3.Connection, crs: str, number: int) -> int:
    """Add a coordinate system, and return its number."""
    known = crs.removeprefix("EPSG:")
    code = int(known) if crs.startswith("EPSG:") and known.isdigit() else None
    srs = _OWN + number if code is None else code
    made.execute(
        "INSERT OR IGNORE INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)",
        (crs[:80], srs, "NONE" if code is None else "EPSG", srs,
         rasterio().crs.CRS.from_string(crs).to_wkt()),
    )
    return srs


def _insert(made: sqlite3.Connection, layer: _Layer, file: str, region: GeoRegion) -> None:
    corners = np.concatenate([ring for polygon in region.polygons for ring in polygon])
    low, high = corners.min(axis=0), corners.max(axis=0)
    layer.low = np.minimum(layer.low, low).tolist()
    layer.high = np.maximum(layer.high, high).tolist()
    header = struct.pack("<2sBBi4d", b"GP", 0, 3, layer.srs, low[0], high[0], low[1], high[1])
    made.execute(
        f'INSERT INTO "{layer.name}" (geom, photo, class, label, pixels, trust) '
        "VALUES (?, ?, ?, ?, ?, ?)",
        (header + b"".join(_binary(region.polygons)), file, region.class_name, region.label,
         region.pixels, region.trust),
    )


def _binary(polygons: list[list[Ring]]) -> Iterator[bytes]:
    """Yield a multi-polygon in well-known binary, little-endian."""
    yield struct.pack("<BII", 1, 6, len(polygons))
    for polygon in polygons:
        yield struct.pack("<BII", 1, 3, len(polygon))
        for ring in polygon:
            yield struct.pack("<I", len(ring)) + ring.astype("<f8").tobytes()


def _finish(made: sqlite3.Connection, layers: dict[str | None, _Layer]) -> None:
    """List the layers in the tables of contents."""
    for layer in layers.values():
        known = np.isfinite(layer.low).all()
        extent = [*layer.low, *layer.high] if known else [None] * 4
        made.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, "
            "max_y, srs_id) VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
            (layer.name, layer.name, *extent, layer.srs),
        )
        made.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'MULTIPOLYGON', ?, 0, "
                     "0)", (layer.name, layer.srs))
    made.commit()


FORMAT = Format(
    title="QGIS, ArcGIS", exact="exact", write=write,
    undecided="left out", extra="rasterio for GeoTIFF",
)
