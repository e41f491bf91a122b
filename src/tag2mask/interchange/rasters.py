"""Segmentation of large rasters by windows, with georeferenced masks.

A raster of 30,000 x 30,000 pixels is never in memory as a whole: windows are read with a margin,
segmented, and written without the margin.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.core.files import atomic_path
from tag2mask.data.data_files import openable
from tag2mask.data.photos import MAX_PIXELS, opened
from tag2mask.interchange.georeference import georeference, rasterio
from tag2mask.interchange.geotiff import describe, profile

Pixels = npt.NDArray[np.uint8]

WINDOW = 1024
"""Side of the windows, in pixels; the network processes each window like a photo."""
MARGIN = 128
"""Margin in pixels that is read around each window, so that adjacent masks agree at the borders."""

_SUFFIXES = (".tif", ".tiff")
_GEO_KEYS = 34735
"""TIFF's tag GeoKeyDirectory (OGC GeoTIFF 1.1)."""
_GLANCE = 1600
_CACHE = 128
"""Size of GDAL's block cache in megabytes; the default is a fraction of the machine's memory."""


@dataclass(frozen=True)
class Segmented:
    """The result for a raster: pixels per label, and small images of raster and mask."""

    counts: npt.NDArray[np.int64]
    """(256,), number of pixels per label."""
    photo: Pixels
    mask: Pixels

    def shares(self, classes: tuple[str, ...]) -> dict[str, float]:
        """Return the fraction of the raster that each present class covers, largest first."""
        shares = self.counts[1 : len(classes) + 1] / max(1, int(self.counts.sum()))
        found = zip(classes, shares.tolist(), strict=True)
        return dict(sorted(((n, s) for n, s in found if s), key=lambda pair: -pair[1]))


def is_raster(path: Path) -> bool:
    """Return whether a photo is a georeferenced TIFF, or a TIFF too large to decode as a whole.

    Without rasterio the result is always False, and the photo is read like any other.
    """
    if path.suffix.lower() not in _SUFFIXES or find_spec("rasterio") is None:
        return False
    if georeference(path) is not None:
        return True
    with _opened(path) as source:
        return bool(source.width * source.height > MAX_PIXELS)


def loses_place(path: Path) -> bool:
    """Return whether the georeference of a photo is lost because rasterio is not installed."""
    if path.suffix.lower() not in _SUFFIXES or find_spec("rasterio") is not None:
        return False
    with opened(path) as picture:
        return _GEO_KEYS in getattr(picture, "tag_v2", {})


def segment_raster(
    path: Path, target: Path, segment: Callable[[Pixels], Pixels], classes: tuple[str, ...],
    *, window: int = WINDOW, margin: int = MARGIN,
) -> Segmented:
    """Segment a raster into a GeoTIFF with the same coordinate system and transform.

    Args:
        path: the raster; its first three bands are red, green and blue, a single one is grey.
        target: the label raster, written completely or not at all; pixels without data are 255.
        segment: function from (h, w, 3) uint8 pixels to (h, w) uint8 labels.
        classes: names of the labels 1..K.
        window: side of the windows in pixels, a multiple of 512.
        margin: margin around each window, in pixels.

    Raises:
        InputError: the raster is damaged, or `target` cannot be written.
    """
    package, place = rasterio(), georeference(path)
    counts = np.zeros(256, np.int64)
    try:
        with package.Env(GDAL_CACHEMAX=_CACHE), _opened(path) as source, \
                atomic_path(target) as temporary:
            scale = _scale(source)
            settings = profile((source.height, source.width), place)
            with package.open(temporary, "w", **settings) as made:
                describe(made, classes)
                for inner, outer in windows(source.height, source.width, window, margin):
                    labels = _labels(source, inner, outer, scale, segment)
                    made.write(labels, 1, window=_window(inner))
                    counts += np.bincount(labels.ravel(), minlength=256)
            with package.open(temporary) as written:
                small = _small(source)
                mask = written.read(1, out_shape=small)
            bands = _bands(source)
            photo = _rgb(source.read(bands, out_shape=(len(bands), *small)), scale)
    except package.errors.RasterioError as error:
        raise InputError(f"{path} cannot be segmented ({error}); save it again or leave it out.") \
            from error
    return Segmented(counts, photo, mask)


Span = tuple[slice, slice]
"""Rows and columns."""


def windows(height: int, width: int, window: int, margin: int) -> Iterator[tuple[Span, Span]]:
    """Yield windows that cover a raster, without and with their margins."""
    for top in range(0, height, window):
        for left in range(0, width, window):
            bottom, right = min(top + window, height), min(left + window, width)
            inner = slice(top, bottom), slice(left, right)
            outer = (slice(max(0, top - margin), min(height, bottom + margin)),
                     slice(max(0, left - margin), min(width, right + margin)))
            yield inner, outer


def _labels(
    source: Any, inner: Span, outer: Span, scale: tuple[float, float],  # noqa: ANN401 - untyped
    segment: Callable[[Pixels], Pixels],
) -> Pixels:
    rows = slice(inner[0].start - outer[0].start, inner[0].stop - outer[0].start)
    columns = slice(inner[1].start - outer[1].start, inner[1].stop - outer[1].start)
    known = source.dataset_mask(window=_window(inner)) > 0
    if not known.any():
        return np.full(known.shape, IGNORE, np.uint8)
    pixels = _rgb(source.read(_bands(source), window=_window(outer)), scale)
    return np.where(known, segment(pixels)[rows, columns], np.uint8(IGNORE))


def _window(span: Span) -> Any:  # noqa: ANN401 - rasterio has no types
    return rasterio().windows.Window.from_slices(*span)


def _opened(path: Path) -> Any:  # noqa: ANN401 - rasterio has no types
    package = rasterio()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", package.errors.NotGeoreferencedWarning)
        try:
            return package.open(openable(path))
        except package.errors.RasterioIOError as error:
            raise InputError(f"{path} is damaged or no TIFF ({error}); copy it again.") from error


def _bands(source: Any) -> list[int]:  # noqa: ANN401 - rasterio has no types
    return [1, 2, 3] if source.count >= 3 else [1]


def _small(source: Any) -> tuple[int, int]:  # noqa: ANN401 - rasterio has no types
    factor = max(1.0, max(source.height, source.width) / _GLANCE)
    return max(1, round(source.height / factor)), max(1, round(source.width / factor))


def _scale(source: Any) -> tuple[float, float]:  # noqa: ANN401 - rasterio has no types
    """Return the values that map to 0 and 255, as for photos in `tag2mask.data.photos`."""
    kind = np.dtype(source.dtypes[0])
    if kind == np.uint8:
        return 0.0, 255.0
    if kind == np.uint16:
        return 0.0, 65535.0
    values = source.read(_bands(source), out_shape=(len(_bands(source)), *_small(source)),
                         masked=True)
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low, low + 1.0)


def _rgb(bands: npt.NDArray[Any], scale: tuple[float, float]) -> Pixels:
    """Convert (b, h, w) values to (h, w, 3) uint8."""
    if bands.dtype != np.uint8:
        low, high = scale
        values = np.nan_to_num(bands.astype(np.float32), nan=low, posinf=high, neginf=low)
        bands = np.clip(np.round((values - low) * (255.0 / (high - low))), 0, 255).astype(np.uint8)
    channels = bands if len(bands) == 3 else np.repeat(bands[:1], 3, axis=0)
    return np.ascontiguousarray(np.moveaxis(channels, 0, 2))
