"""COCO panoptic: a JSON file, and one image per photo whose colours encode segment ids.

COCO excludes pixels without a segment from evaluation. Undecided pixels therefore have no segment,
and the background is a category of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.core.files import atomic_path
from tag2mask.data.dataset import Problem
from tag2mask.data.photos import opened
from tag2mask.interchange.coco import json_files
from tag2mask.interchange.coco_index import CocoIndex, Entry
from tag2mask.interchange.coco_writing import category_ids
from tag2mask.interchange.format import Format, Labelling, ReadOptions, WriteOptions
from tag2mask.interchange.labelled import LabelledPhoto, LabelMap
from tag2mask.interchange.limits import photo_file
from tag2mask.interchange.names import Names
from tag2mask.interchange.pictures import Pictures

FILE = "annotations/panoptic_default.json"
_KEYS = {"annotations", "segments_info"}


def fits(path: Path) -> bool:
    """Return whether a file, or a file in a folder, lists segments."""
    return bool(json_files(path, _KEYS))


@contextmanager
def read(path: Path, options: ReadOptions) -> Iterator[Labelling]:
    """Read a panoptic file and its segment images."""
    found = json_files(path, _KEYS)
    if len(found) != 1:
        what = ", ".join(file.name for file in found[:4]) or "no panoptic COCO file"
        raise InputError(f"{path} has {what}; give one file.")
    with CocoIndex.of(found[0]) as index:
        labelling = Labelling(classes=index.classes, photos=(), ids=index.ids,
                              problems=index.problems)
        yield replace(labelling, photos=_photos(index, labelling, options))


def _photos(
    index: CocoIndex, labelling: Labelling, options: ReadOptions
) -> Iterator[LabelledPhoto]:
    void = IGNORE if options.outside == "undecided" or index.has_background else BACKGROUND
    for image, listed in index.images():
        where = f"image {image.get('id')}"
        try:
            file = photo_file(str(image.get("file_name") or ""), where=where)
            if len(listed) != 1:
                raise InputError(f"{file} has {len(listed)} annotations instead of one.")
            labels = _labels(index, listed[0], void, labelling)
        except InputError as error:
            labelling.problems.append(Problem(photo=where, why=str(error), left_out=True))
            continue
        yield LabelledPhoto(file=file, path=index.photo(file), classes=index.classes, labels=labels,
                            size=(labels.shape[0], labels.shape[1]), split=index.split)


def _labels(index: CocoIndex, found: Entry, void: int, labelling: Labelling) -> LabelMap:
    name = photo_file(str(found.get("file_name") or ""), where=f"{index.path.name}")
    folder = next((folder for folder in (index.path.with_suffix(""), index.path.parent / "panoptic",
                                         index.path.parent) if (folder / name).is_file()), None)
    if folder is None:
        raise InputError(f"{name} is not in {index.path.with_suffix('')}; put the pictures there.")
    with opened(folder / name) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(np.int64)
    ids = pixels @ np.array([1, 1 << 8, 1 << 16])
    numbers, inverse = np.unique(ids.ravel(), return_inverse=True)
    segments = cast("list[Entry]", found.get("segments_info") or [])
    known = {segment.get("id"): index.label(segment.get("category_id")) for segment in segments}
    values = []
    for number in numbers.tolist():
        label = known.get(number)
        if number and label is None:
            why = f"The segment {number} is not listed, so its pixels are undecided."
            labelling.problems.append(Problem(photo=name, why=why))
        values.append(label if label is not None else IGNORE if number else void)
    return np.array(values, np.uint8)[inverse].reshape(ids.shape)


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write the JSON file and its segment images to `annotations/`, and photos to `images/`."""
    pictures, names, ids = Pictures(labelling, options.images), Names(), category_ids(labelling)
    background = max(ids.values(), default=0) + 1
    images: list[str] = []
    categories = [
        *({"id": ids[name], "name": name, "supercategory": "", "isthing": 1}
          for name in labelling.classes),
        {"id": background, "name": "background", "supercategory": "", "isthing": 0}]
    with atomic_path(out / FILE) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write('{"info": {"description": "exported by tag2mask"},\n"categories": ')
        file.write(json.dumps(categories, ensure_ascii=False) + ',\n"annotations": [')
        for photo in labelling.photos:
            if photo.labels is None:
                continue
            picture = f"{names.stem(photo.file)}.png"
            segments, canvas = _segments(photo, ids, background, options)
            _save(canvas, (out / FILE).with_suffix("") / picture)
            pictures.place(photo, out / "images" / photo.file)
            number = len(images) + 1
            entry = {"image_id": number, "file_name": picture, "segments_info": segments}
            file.write((",\n" if images else "\n") + json.dumps(entry, ensure_ascii=False))
            images.append(json.dumps(
                {"id": number, "file_name": photo.file, "width": photo.size[1],
                 "height": photo.size[0]}, ensure_ascii=False))
        file.write('],\n"images": [' + ",\n".join(images) + "]}\n")
    pictures.note()
    return len(images)


def _segments(
    photo: LabelledPhoto, ids: dict[str, int], background: int, options: WriteOptions
) -> tuple[list[dict[str, object]], np.ndarray]:
    assert photo.labels is not None
    canvas = np.zeros(photo.size, np.uint32)
    segments: list[dict[str, object]] = []
    for region in photo.regions(parts=options.parts):
        height, width = region.mask.shape
        number = len(segments) + 1
        canvas[region.top : region.top + height, region.left : region.left + width][region.mask] = \
            number
        segments.append({"id": number, "category_id": ids[photo.classes[region.label - 1]],
                         "iscrowd": int(region.parts > 1), "area": region.area,
                         "bbox": [region.left, region.top, width, height]})
    empty = photo.labels == BACKGROUND
    if empty.any():
        number = len(segments) + 1
        canvas[empty] = number
        segments.append({"id": number, "category_id": background, "iscrowd": 0,
                         "area": int(empty.sum()), "bbox": [0, 0, photo.size[1], photo.size[0]]})
    return segments, canvas


def _save(canvas: np.ndarray, path: Path) -> None:
    colours = np.stack([canvas & 255, canvas >> 8 & 255, canvas >> 16 & 255], axis=-1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(colours.astype(np.uint8)).save(path, compress_level=1)


FORMAT = Format(
    title="COCO panoptic", exact="exact", read=read, write=write,
    fits=fits, undecided="pixels of no segment",
)
