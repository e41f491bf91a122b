"""Classify folder names: a split, masks, photos in general, or a class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tag2mask.data.readers.splits import SYNONYMS

ANNOTATIONS = "annotations"
"""The folder of masks for training, which are never used for scoring; other spellings are ordinary
mask folders."""

_MASKS = frozenset({
    "mask", "masks", "maskes", "groundtruth", "gt", "gts", "truth", "truths", "annotation",
    "annotations", "annot", "annots", "label", "labels", "segmentation", "segmentations",
    "segmentationclass", "segmentationobject", "segs", "seg", "trimap", "trimaps", "gtfine",
    "gtcoarse", "bbox", "bboxes", "boxes", "labelids", "instances", "ann", "anns",
})
_PHOTOS = frozenset({
    "image", "images", "img", "imgs", "imag", "photo", "photos", "picture", "pictures", "pic",
    "pics", "jpegimages", "jpeg", "jpg", "png", "leftimg8bit", "frames", "rgb", "raw", "data",
    "dataset", "input", "inputs", "unlabeled", "unlabelled",
})
_SPLITS = frozenset({*SYNONYMS, "trainval"})
_AROUND = frozenset({"set", "seg", "split", "folder"})
_DIGITS = re.compile("[0-9]{1,9}")
_CLASS_WORDS = frozenset({
    "class", "cls", "category", "cat", "type", "kind", "grade", "level", "stage", "label", "style",
    "defect", "species", "model", "object", "obj", "size", "digit", "product",
})
NORMAL = frozenset({"good", "ok", "normal", "nominal", "defect_free", "no_defect"})
"""Names of folders for photos without a defect."""
_NOTHING = frozenset({
    "none", "nothing", "negative", "negatives", "healthy", "empty", "no_object", "no_objects",
    "no_finding", "no_findings", "no_label", "no_class", "unlabeled", "unlabelled", "blank",
})
_GLUE = frozenset({"ground", "truth", "set", "files", "all", "orig", "original", "semantic", "img"})

_ORIGINS = re.compile(
    r"""(?:(?:patient|pat|subject|subj|sub|case|camera|cam|session|day|night|batch|fold|scan|site|
    clinic|hospital|series|video|vid|clip|seq|sequence|device|scene|user|person|participant|
    operator|group|recording|rec|run|shift|week|month|flight|drone|plate|slide|station|location|
    loc|line|lot|sensor|part|subset|folder|dir|visit|study|frame)[ _.-]?(?:no|nr|id)?[ _.-]?
    (?:\d+|[a-z])|(?:p|pt|s|id)[ _-]?\d+|(?:19|20)\d\d[ _.-]?(?:[01]\d[ _.-]?(?:[0-3]\d)?)?
    (?:[ _tT.-]?\d{2,6})?)""",
    re.VERBOSE | re.IGNORECASE,
)


def split_of_folder(name: str) -> str | None:
    """Return the split that a folder name denotes, as in `val`, `training_set`, `train2017`."""
    words = _words(name)
    meant = {SYNONYMS[word] for word in words & SYNONYMS.keys()}
    return meant.pop() if len(meant) == 1 and words <= _SPLITS | _PHOTOS | _AROUND else None


def is_mask_name(name: str) -> bool:
    """Return whether a folder name denotes masks or annotations, as in `train_masks`."""
    words = _words(name)
    known = _MASKS | _PHOTOS | _SPLITS | _GLUE
    return words <= known and bool(words & _MASKS or words >= {"ground", "truth"})


def is_photo_name(name: str) -> bool:
    """Return whether a folder name denotes photos in general, as in `train_images`."""
    words = _words(name)
    return bool(words & _PHOTOS) and words <= _PHOTOS | _SPLITS | _GLUE


def is_no_class(name: str) -> bool:
    """Return whether a folder name denotes a split, masks or photos, and hence not a class."""
    return split_of_folder(name) is not None or is_mask_name(name) or is_photo_name(name)


def names_an_origin(name: str) -> bool:
    """Return whether a folder name may denote the origin of its photos, as in `patient_03`."""
    return _ORIGINS.fullmatch(name.strip()) is not None


def numbered_alike(names: Sequence[str]) -> bool:
    """Return whether names differ only by a number, as `kos01` and `kos02`, and are not classes."""
    parts = [re.fullmatch(r"(.*?)[ _.-]*\d+", name) for name in names]
    stems = {match[1].lower() if match else "" for match in parts}
    stem = stems.pop() if len(stems) == 1 else ""
    return len(names) > 1 and len(stem) > 1 and stem not in _CLASS_WORDS


def is_nothing_name(name: str) -> bool:
    """Return whether a folder that is read as a class may contain photos without any object."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()) in NORMAL | _NOTHING


def in_order(names: Iterable[str]) -> list[str]:
    """Sort class names, numerically if all are numbers."""
    several = sorted(names)
    return sorted(several, key=int) if all(map(_DIGITS.fullmatch, several)) else several


def _words(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    joined = name.lower().replace("_", "")
    if joined in _MASKS | _PHOTOS:
        return {joined}
    return {word for word in re.split(r"[\W_\d]+", spaced.lower()) if word}
