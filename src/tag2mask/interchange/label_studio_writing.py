"""Writing Label Studio's tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from tag2mask.core.files import atomic_path, write_text
from tag2mask.data.masks import palette
from tag2mask.interchange import brush, rle
from tag2mask.interchange.format import PRIVATE, Labelling, WriteOptions
from tag2mask.interchange.labelled import LabelledPhoto
from tag2mask.interchange.pictures import Pictures

FILE = "tasks.json"


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `tasks.json`, `label_config.xml` and `images/`."""
    pictures, count = Pictures(labelling, options.images), 0
    write_text(out / "label_config.xml", _config(labelling.classes))
    with atomic_path(out / FILE) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write("[")
        for photo in labelling.photos:
            pictures.place(photo, out / "images" / photo.file)
            file.write((",\n" if count else "\n") + json.dumps(_task(photo, count + 1, options),
                                                              ensure_ascii=False))
            count += 1
        file.write("\n]\n")
    pictures.note()
    labelling.notes.append("Serve images/ to Label Studio as local storage: set "
                           "LOCAL_FILES_DOCUMENT_ROOT to this folder.")
    return count


def _config(classes: tuple[str, ...]) -> str:
    colours = ["#{:02x}{:02x}{:02x}".format(*colour)
               for colour in palette(len(classes) + 1)[1 : len(classes) + 1].tolist()]
    labels = "".join(f"    <Label value={quoteattr(name)} background=\"{colour}\"/>\n"
                     for name, colour in zip(classes, colours, strict=True))
    tags = "".join(f'  <{kind} name="{name}" toName="image">\n{labels}  </{kind}>\n'
                   for kind, name in (("BrushLabels", "brush"), ("RectangleLabels", "box"),
                                      ("KeyPointLabels", "point")))
    return f'<View>\n  <Image name="image" value="$image" zoom="true"/>\n{tags}</View>\n'


def _task(photo: LabelledPhoto, number: int, options: WriteOptions) -> dict[str, object]:
    data: dict[str, object] = {"image": "/data/local-files/?d=" + quote(f"images/{photo.file}"),
                               "file": photo.file, "original_width": photo.size[1],
                               "original_height": photo.size[0]}
    undecided = photo.undecided()
    if undecided is not None:
        data[PRIVATE] = rle.to_string(rle.encode(undecided))
    results = list(_written(photo, options))
    prediction: dict[str, object] = {"model_version": "tag2mask", "result": results}
    if photo.trust is not None:
        prediction["score"] = round(photo.trust, 4)
    return {"id": number, "data": data, "predictions": [prediction]}


def _written(photo: LabelledPhoto, options: WriteOptions) -> Iterator[dict[str, object]]:
    height, width = photo.size
    common = {"to_name": "image", "image_rotation": 0, "original_width": width,
              "original_height": height}
    for at, region in enumerate(photo.regions(parts=options.parts)):
        name = photo.classes[region.label - 1]
        score = photo.trust_in(name)
        yield {"id": f"mask{at}", "type": "brushlabels", "from_name": "brush", **common,
               **({} if score is None else {"score": round(score, 4)}),
               "value": {"format": "rle", "rle": brush.encode(region.whole(photo.size)),
                         "brushlabels": [name]}}
    for at, box in enumerate(photo.boxes):
        value = {"x": 100 * box.left / width, "y": 100 * box.top / height, "rotation": 0,
                 "width": 100 * (box.right - box.left) / width,
                 "height": 100 * (box.bottom - box.top) / height,
                 "rectanglelabels": [box.class_name]}
        yield {"id": f"box{at}", "type": "rectanglelabels", "from_name": "box", **common,
               "value": value}
    for at, point in enumerate(photo.points):
        value = {"x": 100 * point.x / width, "y": 100 * point.y / height, "width": 0.3,
                 "keypointlabels": [point.class_name]}
        yield {"id": f"point{at}", "type": "keypointlabels", "from_name": "point", **common,
               "value": value}
