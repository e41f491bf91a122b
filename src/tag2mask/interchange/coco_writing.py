"""Writing COCO instances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

import numpy as np

from tag2mask.core.files import atomic_path
from tag2mask.interchange import rle
from tag2mask.interchange.format import PRIVATE, Labelling, WriteOptions
from tag2mask.interchange.labelled import Box, LabelledPhoto, Region
from tag2mask.interchange.pictures import Pictures
from tag2mask.interchange.polygons import simplify, trace

FILE = "annotations/instances_default.json"


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `annotations/instances_default.json` and `images/`.

    Masks are run lengths, or polygons if they are simplified.
    """
    pictures = Pictures(labelling, options.images)
    ids = category_ids(labelling)
    images: list[str] = []
    with atomic_path(out / FILE) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write('{"info": {"description": "exported by tag2mask", "version": "1.0"},\n')
        file.write(f'"categories": {_dumped(_categories(labelling, ids))},\n"annotations": [')
        count = crowds = 0
        for photo in labelling.photos:
            pictures.place(photo, out / "images" / photo.file)
            images.append(_dumped(_image(photo, len(images) + 1)))
            for region in photo.regions(parts=options.parts):
                entry = {"id": count + 1, "image_id": len(images), **_common(photo, region, ids),
                         **segmentation(region, photo.size, options.simplify)}
                crowds += region.parts > 1
                count = _append(file, entry, count)
            for box in photo.undrawn_boxes():
                entry = {"id": count + 1, "image_id": len(images), **_of_box(box, ids)}
                count = _append(file, entry, count)
        file.write('],\n"images": [' + ",\n".join(images) + "]}\n")
    pictures.note()
    note_crowds(labelling, crowds)
    return len(images)


def note_crowds(labelling: Labelling, crowds: int) -> None:
    """Note the number of annotations with several parts."""
    if crowds:
        labelling.notes.append(f"{crowds:,} annotations have several parts, so they are marked "
                               "iscrowd, which some trainings leave out; --instances parts makes "
                               "one of each part.")


def _append(file: TextIO, entry: dict[str, object], count: int) -> int:
    file.write(("\n" if not count else ",\n") + _dumped(entry))
    return count + 1


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def category_ids(labelling: Labelling) -> dict[str, int]:
    """Return the id of each class: its original id if known, else the next free one."""
    ids = {name: number for name, number in labelling.ids.items() if name in labelling.classes}
    for label, name in enumerate(labelling.classes, start=1):
        free = label if label not in ids.values() else max(ids.values()) + 1
        ids.setdefault(name, free)
    return ids


def _categories(labelling: Labelling, ids: dict[str, int]) -> list[dict[str, object]]:
    return [{"id": ids[name], "name": name, "supercategory": ""} for name in labelling.classes]


def _image(photo: LabelledPhoto, number: int) -> dict[str, object]:
    entry: dict[str, object] = {"id": number, "file_name": photo.file, "width": photo.size[1],
                                "height": photo.size[0]}
    if photo.trust is not None:
        entry["trust"] = round(photo.trust, 4)
    undecided = photo.undecided()
    if undecided is not None:
        entry[PRIVATE] = {"size": list(photo.size), "counts": rle.to_string(rle.encode(undecided))}
    return entry


def _common(photo: LabelledPhoto, region: Region, ids: dict[str, int]) -> dict[str, object]:
    name = photo.classes[region.label - 1]
    score = photo.trust_in(name)
    height, width = region.mask.shape
    return {"category_id": ids[name], "iscrowd": int(region.parts > 1), "area": region.area,
            "bbox": [region.left, region.top, width, height],
            **({} if score is None else {"score": round(score, 4)})}


def _of_box(box: Box, ids: dict[str, int]) -> dict[str, object]:
    width, height = box.right - box.left, box.bottom - box.top
    return {"category_id": ids[box.class_name], "iscrowd": 0, "area": width * height,
            "bbox": [box.left, box.top, width, height], "segmentation": []}


def segmentation(
    region: Region, size: tuple[int, int], tolerance: float
) -> dict[str, object]:
    """Encode a region as run lengths, or as polygons if a tolerance is given.

    COCO's polygons have no holes, so a region with holes stays run lengths.
    """
    if tolerance > 0:
        contours = trace(region.mask, left=region.left, top=region.top)
        if not any(contour.holes for contour in contours):
            rings = [simplify(contour.outer, tolerance) for contour in contours]
            return {"segmentation": [np.round(ring, 2).ravel().tolist() for ring in rings]}
    counts = cropped_counts(region, size)
    return {"segmentation": {"size": list(size), "counts": rle.to_string(counts)}}


def cropped_counts(region: Region, size: tuple[int, int]) -> rle.Counts:
    """Compute the runs of a region on the whole photo without creating a mask of its size."""
    height, width = region.mask.shape
    padded = np.zeros((height + 1, width), np.bool_)
    padded[:height] = region.mask
    ends = np.flatnonzero(np.diff(padded.ravel(order="F"), prepend=np.bool_(False)))
    columns, rows = np.divmod(ends, height + 1)
    places = (columns + region.left) * size[0] + rows + region.top
    # A run to the last row of a column and one from the first row of the next column are merged.
    joined = np.flatnonzero(np.diff(places) == 0)
    places = np.delete(places, np.concatenate((joined, joined + 1)))
    counts = np.diff(np.concatenate(([0], places, [size[0] * size[1]])))
    return counts[:-1] if counts[-1] == 0 and len(counts) > 1 else counts
