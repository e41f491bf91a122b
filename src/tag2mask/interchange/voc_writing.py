"""Writing Pascal VOC's folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from tag2mask.core.contracts import IGNORE
from tag2mask.core.files import write_text
from tag2mask.data.masks import palette, save_mask
from tag2mask.interchange.format import Labelling, WriteOptions
from tag2mask.interchange.label_pngs import suffix_of
from tag2mask.interchange.labelled import Box, LabelledPhoto, LabelMap
from tag2mask.interchange.names import Names
from tag2mask.interchange.pictures import Pictures


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write JPEGImages, SegmentationClass, SegmentationObject, Annotations and ImageSets."""
    pictures, names = Pictures(labelling, options.images), Names()
    splits: dict[str, list[str]] = {}
    shown: dict[tuple[str, str], list[str]] = {}
    count = 0
    for photo in labelling.photos:
        stem, split = names.stem(photo.file), photo.split or "train"
        pictures.place(photo, out / "JPEGImages" / (stem + suffix_of(photo)))
        if photo.labels is not None:
            save_mask(out / "SegmentationClass" / f"{stem}.png", photo.labels,
                      num_labels=len(labelling.classes) + 1)
            save_mask(out / "SegmentationObject" / f"{stem}.png", objects(photo, options),
                      num_labels=IGNORE)
        write_text(out / "Annotations" / f"{stem}.xml", _xml(photo, stem, options))
        splits.setdefault(split, []).append(stem)
        for name in labelling.classes:
            sign = " 1" if name in photo.shown else "-1"
            shown.setdefault((name, split), []).append(f"{stem} {sign}")
        count += 1
    for split, lines in splits.items():
        for kind in ("Segmentation", "Main"):
            _list(out / "ImageSets" / kind / f"{split}.txt", lines)
    for (name, split), lines in shown.items():
        _list(out / "ImageSets" / "Main" / f"{name.replace('/', '_')}_{split}.txt", lines)
    write_text(out / "labelmap.txt", labelmap(labelling.classes, void=True))
    names.write(out)
    pictures.note()
    return count


def labelmap(classes: tuple[str, ...], *, void: bool) -> str:
    """Return the content of labelmap.txt; with `void`, including a row for undecided pixels."""
    colours = palette(len(classes) + 1).tolist()
    rows = [f"{name.replace(':', ' ')}:{','.join(map(str, colour))}::"
            for name, colour in zip(("background", *classes), colours, strict=False)]
    rows += [f"ignored:{','.join(map(str, colours[IGNORE]))}::"] if void else []
    return "\n".join(["# label:color_rgb:parts:actions", *rows]) + "\n"


def objects(photo: LabelledPhoto, options: WriteOptions) -> LabelMap:
    """Number the objects of a photo: (H, W) uint8, 0 background, 255 undecided.

    There is one object per class, or one per connected part; objects beyond 254 share number 254.
    """
    assert photo.labels is not None
    canvas = np.where(photo.labels == IGNORE, np.uint8(IGNORE), np.uint8(0))
    for number, region in enumerate(photo.regions(parts=options.parts), start=1):
        height, width = region.mask.shape
        here = canvas[region.top : region.top + height, region.left : region.left + width]
        here[region.mask] = min(number, IGNORE - 1)
    return canvas


def _list(path: Path, lines: Iterable[str]) -> None:
    write_text(path, "".join(f"{line}\n" for line in lines))


def _xml(photo: LabelledPhoto, stem: str, options: WriteOptions) -> str:
    boxes = list(photo.undrawn_boxes())
    for region in photo.regions(parts=options.parts):
        height, width = region.mask.shape
        boxes.append(Box(class_name=photo.classes[region.label - 1], left=region.left,
                         top=region.top, right=region.left + width, bottom=region.top + height))
    inner = "".join(
        f"  <object>\n    <name>{escape(box.class_name)}</name>\n    <pose>Unspecified</pose>\n"
        f"    <truncated>0</truncated>\n    <difficult>0</difficult>\n    <bndbox>"
        f"<xmin>{box.left + 1:g}</xmin><ymin>{box.top + 1:g}</ymin><xmax>{box.right:g}</xmax>"
        f"<ymax>{box.bottom:g}</ymax></bndbox>\n  </object>\n" for box in boxes)
    return (f"<annotation>\n  <folder>JPEGImages</folder>\n  <filename>"
            f"{escape(stem + suffix_of(photo))}</filename>\n  <size><width>{photo.size[1]}</width>"
            f"<height>{photo.size[0]}</height><depth>3</depth></size>\n"
            f"  <segmented>{int(photo.labels is not None)}</segmented>\n{inner}</annotation>\n")
