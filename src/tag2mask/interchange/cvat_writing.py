"""Writing CVAT for images 1.1."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from tag2mask.core.files import atomic_path
from tag2mask.interchange import rle
from tag2mask.interchange.format import PRIVATE, Labelling, WriteOptions
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.pictures import Pictures

FILE = "annotations.xml"
SPLIT = "tag2mask_split"
"""Attribute for the split. `subset` is not used, since readers that do not request that subset
would find no photo."""


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `annotations.xml` and `images/`; regions are stored as masks with their trust."""
    pictures, count = Pictures(labelling, options.images), 0
    with atomic_path(out / FILE) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n'
                   "  <version>1.1</version>\n")
        file.write(_meta(labelling.classes))
        for photo in labelling.photos:
            pictures.place(photo, out / "images" / photo.file)
            _write_photo(file, photo, count, options)
            count += 1
        file.write("</annotations>\n")
    pictures.note()
    return count


def _meta(classes: tuple[str, ...]) -> str:
    labels = "".join(
        f"<label><name>{escape(name)}</name><type>any</type><attributes><attribute>"
        "<name>trust</name><mutable>False</mutable><input_type>text</input_type>"
        "<default_value></default_value><values></values></attribute></attributes></label>\n"
        for name in classes)
    return f"  <meta><task><labels>\n{labels}</labels></task></meta>\n"


def _write_photo(file: TextIO, photo: LabelledPhoto, number: int, options: WriteOptions) -> None:
    attributes = {"id": number, "name": photo.file, "width": photo.size[1],
                  "height": photo.size[0]}
    if photo.split:
        attributes[SPLIT] = photo.split
    undecided = photo.undecided()
    if undecided is not None:
        attributes[PRIVATE] = rle.to_string(rle.encode(undecided))
    file.write(f"  <image{_attributes(attributes)}>\n")
    for region in photo.regions(parts=options.parts):
        name = photo.classes[region.label - 1]
        height, width = region.mask.shape
        runs = ", ".join(map(str, rle.runs(region.mask.ravel()).tolist()))
        place = {"label": name, "source": "auto", "occluded": 0, "rle": runs, "left": region.left,
                 "top": region.top, "width": width, "height": height, "z_order": 0}
        trust = photo.trust_in(name)
        inner = "" if trust is None else f'<attribute name="trust">{trust:.4f}</attribute>'
        file.write(f"    <mask{_attributes(place)}>{inner}</mask>\n")
    for box in photo.boxes:
        corners = {"label": box.class_name, "source": "manual", "occluded": 0, "xtl": box.left,
                   "ytl": box.top, "xbr": box.right, "ybr": box.bottom, "z_order": 0}
        file.write(f"    <box{_attributes(corners)}></box>\n")
    for point in photo.points:
        placed = {"label": point.class_name, "source": "manual", "occluded": 0,
                  "points": f"{point.x},{point.y}", "z_order": 0}
        file.write(f"    <points{_attributes(placed)}></points>\n")
    file.write("  </image>\n")


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(f" {key}={quoteattr(str(value))}" for key, value in values.items())
