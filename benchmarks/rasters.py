"""Memory of `predict` on a large raster: `python benchmarks/rasters.py RUN --side 30000`.

RUN is a finished run. A georeferenced raster of --side x --side pixels is drawn in tiles, of which
every --every-th window of 1024 pixels has data; the others are written as empty tiles and have no
data. `tag2mask predict` segments it in a process of its own, whose highest memory is reported
(Linux). The mask has to be as large, undecided where there are no data and decided elsewhere.
Needs the extra `interchange`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WINDOW = 1024


def filled(side: int, every: int) -> list[tuple[int, int]]:
    """Return top and left of the windows with data, spread over the raster."""
    corners = range(0, side, WINDOW)
    places = [(top, left) for top in corners for left in corners]
    return places[::every]


def draw(path: Path, side: int, every: int) -> None:
    """Write the raster window by window; 0 is no data."""
    import rasterio

    noise = np.random.default_rng(0).integers(1, 256, (3, WINDOW, WINDOW), np.uint8)
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8", nodata=0,
        tiled=True, blockxsize=512, blockysize=512, compress="deflate", zlevel=1, sparse_ok=True,
        crs="EPSG:32633", transform=rasterio.Affine(0.5, 0, 500000, 0, -0.5, 5400000),
    ) as made:
        for top, left in filled(side, every):
            height, width = min(WINDOW, side - top), min(WINDOW, side - left)
            made.write(noise[:, :height, :width],
                       window=rasterio.windows.Window(left, top, width, height))


def predict(run: Path, raster: Path, out: Path) -> tuple[float, float]:
    """Segment the raster; return seconds, and the process's highest memory in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "tag2mask", "predict", str(raster), "--run",
                                str(run), "--out", str(out)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("predict failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def check(mask: Path, side: int, every: int) -> None:
    """Compare the mask's size and its undecided windows, a window at a time."""
    import rasterio

    known = set(filled(side, every))
    with rasterio.open(mask) as found:
        assert (found.width, found.height, found.crs.to_epsg()) == (side, side, 32633)
        for top in range(0, side, WINDOW):
            for left in range(0, side, WINDOW):
                size = min(WINDOW, side - left), min(WINDOW, side - top)
                labels = found.read(1, window=rasterio.windows.Window(left, top, *size))
                assert ((labels == 255).all() == ((top, left) not in known)), (top, left)


def main() -> None:
    """Draw, segment, check and report, as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--side", type=int, default=30000)
    parser.add_argument("--every", type=int, default=8)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raster, out = Path(folder) / "large.tif", Path(folder) / "out"
        draw(raster, given.side, given.every)
        seconds, memory = predict(given.run, raster, out)
        check(out / "masks" / "large.tif", given.side, given.every)
    windows = len(filled(given.side, given.every))
    sys.stdout.write(json.dumps({"side": given.side, "windows": windows,
                                 "seconds": round(seconds, 1), "mib": round(memory)}) + "\n")


if __name__ == "__main__":
    main()
