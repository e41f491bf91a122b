"""Formats that are only written: their files hold the same label maps, read with numpy alone."""

from __future__ import annotations

import base64
import csv
import io
import json
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawn import NAMES, draw_mask, write_data
from PIL import Image

from tag2mask.data.masks import palette
from tag2mask.interchange import FORMATS
from tag2mask.interchange.exporting import export_labels
from tag2mask.interchange.format import WriteOptions
from tag2mask.interchange.polygons import fill
from tag2mask.interchange.sources import Selection

Maps = dict[str, np.ndarray]


def _photos(out: Path) -> dict[str, str]:
    """Return the photo of every name without suffix in the export; names.csv has the changed."""
    found = {name.rpartition(".")[0]: name for name in NAMES}
    if (out / "names.csv").exists():
        with (out / "names.csv").open(encoding="utf-8", newline="") as file:
            found |= {row["file"].rpartition(".")[0]: row["photo"] for row in csv.DictReader(file)}
    return found


def _files(out: Path, suffix: str, folder: str = "") -> dict[str, Path]:
    """Return the file of every photo."""
    root, photos = out / folder, _photos(out)
    return {photos[path.relative_to(root).as_posix().removesuffix(suffix)]: path
            for path in root.rglob(f"*{suffix}")}


def _read_nnunet(out: Path) -> Maps:
    root = out / "Dataset001_tag2mask"
    ignore = json.loads((root / "dataset.json").read_text(encoding="utf-8"))["labels"]["ignore"]
    cases = _photos(root)
    found = {}
    for path in root.glob("labels*/*.png"):
        labels = np.array(Image.open(path))
        found[cases[path.stem]] = np.where(labels == ignore, 255, labels)
    return found


def _read_fiftyone(out: Path) -> Maps:
    samples = json.loads((out / "samples.json").read_text(encoding="utf-8"))["samples"]
    found = {}
    for sample in samples:
        packed = base64.b64decode(sample["segmentation"]["mask"]["$binary"]["base64"])
        labels = np.load(io.BytesIO(zlib.decompress(packed)))
        found[sample["filepath"].removeprefix("data/")] = labels
    return found


def _read_webdataset(out: Path) -> Maps:
    found: Maps = {}
    files: dict[str, str] = {}
    for shard in sorted(out.glob("*.tar")):
        with tarfile.open(shard) as archive:
            for member in archive:
                key, _, kind = member.name.partition(".")
                content = archive.extractfile(member)
                assert content is not None
                if kind == "json":
                    files[key] = json.load(content)["file"]
                elif kind == "labels.png":
                    found[files[key]] = np.array(Image.open(content))
    return found


def _read_npz(out: Path) -> Maps:
    return {photo: np.load(path)["labels"] for photo, path in _files(out, ".npz").items()}


def _read_overlays(out: Path) -> Maps:
    """Colours are those of the palette, and background is transparent."""
    colours = palette(3)
    found = {}
    for photo, path in _files(out, ".png", "overlays").items():
        pixels = np.array(Image.open(path)).astype(int)
        labels = np.zeros(pixels.shape[:2], np.uint8)
        for label in (1, 2, 255):
            same = (pixels[..., :3] == colours[label]).all(-1) & (pixels[..., 3] > 0)
            labels[same] = label
        found[photo] = labels
    return found


def _read_geojson(out: Path) -> Maps:
    found = {}
    for photo, path in _files(out, ".geojson").items():
        labels = np.zeros(draw_mask(photo, 0).shape, np.uint8)
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            geometry = feature["geometry"]
            single = geometry["type"] == "Polygon"
            inside = np.zeros(labels.shape, np.bool_)
            for polygon in [geometry["coordinates"]] if single else geometry["coordinates"]:
                for ring in polygon:
                    inside ^= fill(np.array(ring) * np.array([1, -1]), inside.shape)
            labels[inside] = feature["properties"]["label"]
        found[photo] = labels
    return found


READERS: dict[str, Callable[[Path], Maps]] = {
    "nnunet": _read_nnunet, "fiftyone": _read_fiftyone, "npz": _read_npz,
    "overlays": _read_overlays, "geojson": _read_geojson, "webdataset": _read_webdataset,
}
ELSEWHERE = {"geopackage", "geotiff"}
"""In test_geopackage.py and, since it needs rasterio, tests/peers/test_interchange.py."""


@pytest.mark.parametrize("name", READERS)
def test_files_hold_the_label_maps(name: str, tmp_path: Path) -> None:
    """Every pixel, undecided ones included where the format has a place for them."""
    data = write_data(tmp_path / "data")
    made = export_labels(data, tmp_path / "out", format=name, options=WriteOptions(),
                         selection=Selection(what="annotations"))
    assert (made.photos, made.problems) == (len(NAMES), ())
    found = READERS[name](tmp_path / "out")
    assert set(found) == set(NAMES)
    for number, photo in enumerate(NAMES):
        wanted = draw_mask(photo, number)
        if FORMATS.get(name).undecided == "left out":
            wanted = np.where(wanted == 255, 0, wanted)
        assert np.array_equal(found[photo], wanted), photo


def test_no_format_is_left_out() -> None:
    """A new one has to be read here, too."""
    assert {name for name in FORMATS.names() if not FORMATS.get(name).read} == {
        *READERS, *ELSEWHERE}
