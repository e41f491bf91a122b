"""GeoPackage, read with SQLite and the format's text alone."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from drawn import CLASSES, NAMES, SIZE, draw_mask, write_data

from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.polygons import fill
from tag2mask.interchange.sources import Selection


def rings(blob: bytes) -> list[list[np.ndarray]]:
    """Decode a multi-polygon of a GeoPackage."""
    magic, version, flags, srs, *box = struct.unpack_from("<2sBBi4d", blob)
    assert (magic, version, flags, srs) == (b"GP", 0, 3, -1)
    at = 40
    order, kind, count = struct.unpack_from("<BII", blob, at)
    assert (order, kind) == (1, 6)
    at += 9
    polygons = []
    for _ in range(count):
        order, kind, parts = struct.unpack_from("<BII", blob, at)
        assert (order, kind) == (1, 3)
        at += 9
        polygons.append([])
        for _ in range(parts):
            (corners,) = struct.unpack_from("<I", blob, at)
            ring = np.frombuffer(blob, "<f8", corners * 2, at + 4).reshape(-1, 2)
            assert (ring[0] == ring[-1]).all()
            polygons[-1].append(ring)
            at += 4 + corners * 16
    assert at == len(blob)
    whole = np.concatenate([ring for polygon in polygons for ring in polygon])
    assert box == [whole[:, 0].min(), whole[:, 0].max(), whole[:, 1].min(), whole[:, 1].max()]
    return polygons


@pytest.mark.parametrize("instances", ["class", "parts"])
def test_polygons_draw_the_same_masks(instances: str, tmp_path: Path) -> None:
    """Holes, parts, lines and lone pixels; y is negative downwards for photos without a place."""
    data = write_data(tmp_path / "data")
    export_labels(data, tmp_path / "out", format="geopackage",
                  selection=Selection(what="annotations"),
                  options=WriteOptions(instances=instances))
    maps = {name: np.zeros(draw_mask(name, 0).shape, np.uint8) for name in NAMES}
    with closing(sqlite3.connect(tmp_path / "out" / "polygons.gpkg")) as package:
        assert package.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert package.execute("PRAGMA foreign_key_check").fetchall() == []
        assert package.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (contents,) = package.execute("SELECT table_name, data_type, min_x, max_y, srs_id "
                                      "FROM gpkg_contents").fetchall()
        assert contents == ("objects", "features", 0.0, 0.0, -1)
        for blob, photo, name, label, pixels in package.execute(
                "SELECT geom, photo, class, label, pixels FROM objects"):
            assert CLASSES[label - 1] == name
            inside = np.zeros(maps[photo].shape, np.bool_)
            for polygon in rings(blob):
                for ring in polygon:
                    inside ^= fill(ring * np.array([1, -1]), inside.shape)
            assert inside.sum() == pixels
            maps[photo][inside] = label
    for number, name in enumerate(NAMES):
        wanted = draw_mask(name, number)
        assert (maps[name] == np.where(wanted == 255, 0, wanted)).all(), name
    assert SIZE[0] != SIZE[1]


def test_photos_without_objects(tmp_path: Path) -> None:
    """A layer without features has no extent."""
    data = write_data(tmp_path / "data", ("empty.jpg",))
    made = export_labels(data, tmp_path / "out", format="geopackage", options=WriteOptions(),
                         selection=Selection(what="annotations"))
    assert "'objects'" in " ".join(made.notes)
    with closing(sqlite3.connect(tmp_path / "out" / "polygons.gpkg")) as package:
        assert package.execute("SELECT min_x FROM gpkg_contents").fetchall() == [(None,)]
        assert package.execute("SELECT count(*) FROM objects").fetchone() == (0,)
