"""Import and export of masks and annotations in the formats of other programs.

Each format is a module that defines `FORMAT` and is registered below; other packages register
formats through the entry-point group "tag2mask.formats".
"""

from __future__ import annotations

from tag2mask.core.registry import Registry
from tag2mask.interchange.format import Format

FORMATS: Registry[Format] = Registry("interchange format", group="tag2mask.formats")
"""All formats by name, in the order in which `--format auto` tries them."""

for _name, _module in (
    ("coco-panoptic", "coco_panoptic"),
    ("coco", "coco"),
    ("label-studio", "label_studio"),
    ("cvat", "cvat"),
    ("cvat-masks", "cvat_masks"),
    ("x-anylabeling", "x_anylabeling"),
    ("labelme", "labelme"),
    ("voc", "voc"),
    ("yolo-semantic", "yolo_semantic"),
    ("yolo", "yolo"),
    ("mmseg", "mmseg"),
    ("hf", "hf"),
    ("masks", "masks"),
    ("nnunet", "nnunet"),
    ("fiftyone", "fiftyone"),
    ("webdataset", "webdataset"),
    ("geotiff", "geotiff"),
    ("geojson", "geojson"),
    ("geopackage", "geopackage"),
    ("overlays", "overlays"),
    ("npz", "npz"),
):
    FORMATS.register(_name, f"tag2mask.interchange.{_module}:FORMAT")

__all__ = ["FORMATS", "Format"]
