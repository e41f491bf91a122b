"""Where on Earth a photo's pixels lie: coordinate system and transform, kept by rasterio."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tag2mask.interchange.format import needed

Transform = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Georeference:
    """A coordinate system as text, and the transform from (column, row) to coordinates."""

    crs: str
    """As "EPSG:32633" or well-known text; "" where the file has none."""
    transform: Transform
    """a, b, c, d, e, f of x = a column + b row + c, y = d column + e row + f."""

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the coordinates of a place on the photo."""
        a, b, c, d, e, f = self.transform
        return a * x + b * y + c, d * x + e * y + f


def rasterio() -> ModuleType:
    """Import rasterio.

    Raises:
        InputError: it is not installed.
    """
    return needed("rasterio", purpose="GeoTIFF")


def georeference(path: Path) -> Georeference | None:
    """Read a photo's georeference, from itself or from a world file beside it.

    Returns:
        None where it has none.

    Raises:
        InputError: rasterio is not installed.
    """
    package = rasterio()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", package.errors.NotGeoreferencedWarning)
        try:
            with package.open(path) as source:
                if source.crs is None and source.transform.is_identity:
                    return None
                crs = "" if source.crs is None else source.crs.to_string()
                return Georeference(crs, tuple(source.transform)[:6])
        except package.errors.RasterioIOError:
            return None
