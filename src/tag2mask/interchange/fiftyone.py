"""FiftyOne: a `FiftyOneDataset` folder with segmentation and detections, without its package."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zlib
from pathlib import Path

import numpy as np

from tag2mask.core.files import atomic_path, write_text
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.labelled import LabelledPhoto, Region
from tag2mask.interchange.pictures import Pictures

_VERSION = "1.0.0"
"""Version of FiftyOne's document layout; newer versions of FiftyOne migrate it on loading."""

_FIELDS = "fiftyone.core.fields."
_LABELS = "fiftyone.core.labels."


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write `data/`, `samples.json` and `metadata.json`."""
    pictures, count = Pictures(labelling, options.images), 0
    with atomic_path(out / "samples.json") as temporary, \
            temporary.open("w", encoding="utf-8") as file:
        file.write('{"samples": [')
        for photo in labelling.photos:
            pictures.place(photo, out / "data" / photo.file)
            file.write((",\n" if count else "\n") + json.dumps(_sample(photo, options),
                                                              ensure_ascii=False))
            count += 1
        file.write("\n]}\n")
    write_text(out / "metadata.json", json.dumps(_metadata(labelling), ensure_ascii=False) + "\n")
    pictures.note()
    return count


def _id(*parts: object) -> dict[str, str]:
    """Return a document id that is reproducible for the same photo."""
    text = "\0".join(map(str, parts))
    return {"$oid": hashlib.sha256(text.encode("utf-8")).hexdigest()[:24]}


def _sample(photo: LabelledPhoto, options: WriteOptions) -> dict[str, object]:
    labels = photo.labels
    segmentation: dict[str, object] | None = None if labels is None else {
        "_id": _id(photo.file, "mask"), "_cls": "Segmentation", "tags": [],
        "mask": _packed(labels), "mask_path": None}
    found = [_detection(photo, number, region)
             for number, region in enumerate(photo.regions(parts=options.parts))]
    return {
        "_id": _id(photo.file), "filepath": f"data/{photo.file}",
        "tags": [photo.split] if photo.split else [], "_media_type": "image", "_rand": 0.5,
        "metadata": {"_cls": "ImageMetadata", "size_bytes": None, "mime_type": None,
                     "width": photo.size[1], "height": photo.size[0], "num_channels": 3},
        "trust": photo.trust, "segmentation": segmentation,
        "detections": {"_cls": "Detections", "detections": [*found, *_boxes(photo, len(found))]}}


def _packed(array: np.ndarray) -> dict[str, object]:
    """Serialise an array as FiftyOne does: in numpy's format, compressed."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    packed = base64.b64encode(zlib.compress(buffer.getvalue(), 1)).decode("ascii")
    return {"$binary": {"base64": packed, "subType": "00"}}


def _detection(photo: LabelledPhoto, number: int, region: Region) -> dict[str, object]:
    name, mask = photo.classes[region.label - 1], region.mask
    height, width = photo.size
    box = [region.left / width, region.top / height, mask.shape[1] / width, mask.shape[0] / height]
    return {"_id": _id(photo.file, "detection", number), "_cls": "Detection", "attributes": {},
            "tags": [], "label": name, "bounding_box": box, "mask": _packed(mask),
            "confidence": photo.trust_in(name), "index": None}


def _boxes(photo: LabelledPhoto, first: int) -> list[dict[str, object]]:
    height, width = photo.size
    return [{"_id": _id(photo.file, "detection", first + at), "_cls": "Detection",
             "attributes": {}, "tags": [], "label": box.class_name, "mask": None,
             "confidence": None, "index": None,
             "bounding_box": [box.left / width, box.top / height, (box.right - box.left) / width,
                              (box.bottom - box.top) / height]}
            for at, box in enumerate(photo.boxes)]


def _metadata(labelling: Labelling) -> dict[str, object]:
    targets = {str(label): name for label, name in enumerate(labelling.classes, start=1)}
    targets |= {"255": "undecided"}
    embedded = f"{_FIELDS}EmbeddedDocumentField"
    fields = [
        _field("id", f"{_FIELDS}ObjectIdField", db_field="_id"),
        _field("filepath", f"{_FIELDS}StringField"),
        _field("tags", f"{_FIELDS}ListField", subfield=f"{_FIELDS}StringField"),
        _field("metadata", embedded, document="fiftyone.core.metadata.ImageMetadata"),
        _field("trust", f"{_FIELDS}FloatField"),
        _field("segmentation", embedded, document=f"{_LABELS}Segmentation"),
        _field("detections", embedded, document=f"{_LABELS}Detections"),
    ]
    return {"_id": _id("dataset"), "name": "tag2mask", "slug": "tag2mask", "version": _VERSION,
            "persistent": False, "media_type": "image", "group_media_types": {}, "tags": [],
            "info": {}, "app_config": {}, "classes": {}, "default_classes": list(labelling.classes),
            "mask_targets": {"segmentation": targets}, "default_mask_targets": targets,
            "skeletons": {}, "sample_fields": fields, "frame_fields": [], "saved_views": [],
            "workspaces": [], "annotation_runs": {}, "brain_methods": {}, "evaluations": {},
            "runs": {}}


def _field(
    name: str, kind: str, *, document: str | None = None, subfield: str | None = None,
    db_field: str | None = None,
) -> dict[str, object]:
    return {"name": name, "ftype": kind, "embedded_doc_type": document, "subfield": subfield,
            "fields": [], "db_field": db_field or name, "description": None, "info": None}


FORMAT = Format(
    title="FiftyOne", exact="exact", write=write, undecided="the value 255",
)
