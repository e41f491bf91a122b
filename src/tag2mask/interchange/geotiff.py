"""GeoTIFF: label rasters with the coordinate systems and transforms of their photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.core.files import write_text
from tag2mask.data.masks import palette
from tag2mask.interchange.class_tables import csv_table
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.georeference import Georeference, georeference, rasterio
from tag2mask.interchange.labelled import LabelMap
from tag2mask.interchange.names import Names

_TILE = 512


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write a GeoTIFF of labels per photo, and classes.csv."""
    rasterio()
    names, count, nowhere = Names(), 0, 0
    write_text(out / "classes.csv", csv_table(labelling.classes))
    for photo in labelling.photos:
        if photo.labels is None:
            continue
        place = georeference(photo.path) if photo.path else None
        nowhere += place is None
        path = out / f"{names.stem(photo.file, suffix='.tif')}.tif"
        save(path, photo.labels, labelling.classes, place)
        count += 1
    names.write(out)
    if nowhere:
        labelling.notes.append(f"{nowhere:,} photos are not georeferenced; their rasters are in "
                               "pixels.")
    return count


def profile(
    size: tuple[int, int], place: Georeference | None
) -> dict[str, object]:
    """Return the rasterio profile of a label raster."""
    found: dict[str, object] = {
        "driver": "GTiff", "height": size[0], "width": size[1], "count": 1, "dtype": "uint8",
        "nodata": IGNORE, "compress": "deflate", "tiled": True, "blockxsize": _TILE,
        "blockysize": _TILE, "BIGTIFF": "IF_SAFER"}
    if place is not None:
        found["transform"] = rasterio().Affine(*place.transform)
        if place.crs:
            found["crs"] = place.crs
    return found


def save(
    path: Path, labels: LabelMap, classes: tuple[str, ...], place: Georeference | None
) -> None:
    """Write labels as a GeoTIFF.

    Raises:
        InputError: the file cannot be written.
    """
    package = rasterio()
    import warnings

    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", package.errors.NotGeoreferencedWarning)
        try:
            with package.open(path, "w", **profile(labels.shape, place)) as raster:
                describe(raster, classes)
                raster.write(np.ascontiguousarray(labels), 1)
        except package.errors.RasterioError as error:
            raise InputError(f"{path} was not written: {error}.") from error


def describe(raster: object, classes: tuple[str, ...]) -> None:
    """Add a colour map and label names to a raster opened for writing."""
    colours = palette(len(classes) + 1).tolist()
    raster.write_colormap(1, {label: (*colours[label], 255)  # type: ignore[attr-defined]
                              for label in range(256)})
    raster.update_tags(1, **{f"label_{label}": name for label, name  # type: ignore[attr-defined]
                             in enumerate(("background", *classes))})


FORMAT = Format(
    title="QGIS, GDAL", exact="exact", write=write, undecided="nodata (255)",
    extra="rasterio",
)
