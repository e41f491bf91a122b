"""Georeference of a photo: coordinate system and transform, read with rasterio."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tag2mask.data.data_files import openable
from tag2mask.interchange.format import needed

Transform = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Georeference:
    """A coordinate system as text, and the transform from (column, row) to coordinates."""

    crs: str
    """Coordinate system as "EPSG:32633" or well-known text; "" if the file has none."""
    transform: Transform
    """Coefficients a, b, c, d, e, f of x = a column + b row + c, y = d column + e row + f."""

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the coordinates of a point given in pixels of the photo."""
        a, b, c, d, e, f = self.transform
        return a * x + b * y + c, d * x + e * y + f


def rasterio() -> ModuleType:
    """Import rasterio.

    Raises:
        InputError: rasterio is not installed.
    """
    return needed("rasterio", purpose="GeoTIFF")


def georeference(path: Path) -> Georeference | None:
    """Read the georeference of a photo from the file itself or from a world file beside it.

    Returns:
        The georeference, or None if there is none.

    Raises:
        InputError: rasterio is not installed.
    """
    package = rasterio()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", package.errors.NotGeoreferencedWarning)
        try:
            with package.open(openable(path)) as source:
                if source.crs is None and source.transform.is_identity:
                    return None
                crs = "" if source.crs is None else source.crs.to_string()
                return Georeference(crs, tuple(source.transform)[:6])
        except package.errors.RasterioIOError:
            return None
