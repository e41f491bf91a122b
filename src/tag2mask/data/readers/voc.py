"""Read Pascal VOC: JPEGImages, ImageSets/Segmentation, Annotations for the tags.

A photo's tags are the names of all objects in its annotation, including difficult ones, since the
masks in SegmentationClass (for scoring only) contain those too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.files import refuse_special
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.class_spellings import with_one_spelling
from tag2mask.data.readers.folder_names import in_order
from tag2mask.data.readers.names import without_extension
from tag2mask.data.readers.photo_files import ASK_MASKS, entry
from tag2mask.data.readers.table.spellings import class_key
from tag2mask.data.readers.voc_files import annotation_files, mask_files, photo_files
from tag2mask.data.readers.voc_labels import label_file, read_labels
from tag2mask.data.readers.voc_lists import class_lists, read_lists

LOOKS_FOR = "JPEGImages/ (Pascal VOC)"

# fmt: off
CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)
# fmt: on
"""The 20 classes of Pascal VOC, in the order of the labels in SegmentationClass."""


@dataclass(frozen=True, kw_only=True)
class _Tags:
    """The tags of each photo for which they are known, and their source."""

    by_photo: dict[str, frozenset[str]]
    problems: dict[str, str]
    places: dict[str, str]


class _NoDoctype(ET.TreeBuilder):
    """Refuses a document type: its entities could read files or grow without limit."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type")


def fits(root: Path) -> bool:
    """Return whether there is a folder JPEGImages."""
    folder = entry(root, "JPEGImages")
    return folder is not None and folder.is_dir()


def read(root: Path) -> Dataset:
    """Read Pascal VOC, or another data set in its layout.

    Photos without a readable annotation are left out: their tags are unknown.

    Raises:
        InputError: no source of tags, a photo in two splits, a class called background, an object
            that the file of classes does not list, no photo, or more than a tenth of them left out.
    """
    base = entry(root, "JPEGImages") or root / "JPEGImages"
    files, problems = photo_files(base)
    lists = read_lists(root, tuple(files))
    splits, notices = lists.splits or dict.fromkeys(files), list(lists.notices)
    tags = _all_tags(root, [name for name in splits if name in files], tuple(files), notices)
    splits = _without_bare_test(splits, tags, notices)
    unlisted = len(files.keys() - splits.keys())
    if unlisted:
        notices.append(f"Of {len(files):,} photos in {base}, {unlisted:,} are in "
                       f"no list that is used, so they are not read.")
    found: list[Found] = []
    for name, split in splits.items():
        if name in tags.by_photo:
            path = str(PurePosixPath(base.name) / files[name])
            found.append(Found(path=path, tags=tags.by_photo[name], split=split))
        else:
            why = tags.problems.get(name, f"{base / name}.jpg is missing.")
            problems.append(Problem(photo=name, why=why, left_out=True))
    used = {tag: tags.places[tag] for f in found for tag in sorted(f.tags)}
    found, used, merged = with_one_spelling(found, used, source=str(root),
                                            declared=_declared(root, used))
    notices += merged
    classes, scored = _classes(root, used, notices)
    return assemble(
        root,
        layout="voc",
        classes=classes,
        found=_with_masks(root, tuple(files), found, scored, notices),
        problems=problems,
        image_root=PurePosixPath(base.name),
        notices=notices,
    )


def _declared(root: Path, used: Collection[str]) -> Collection[str]:
    """Return the spellings of the class file, or those of Pascal VOC if all classes are its own."""
    path = label_file(root)
    if path is not None:
        return read_labels(path)
    own = {class_key(name) for name in CLASSES}
    return CLASSES if all(class_key(tag) in own for tag in used) else ()


def _all_tags(
    root: Path, photos: Sequence[str], there: Sequence[str], notices: list[str]
) -> _Tags:
    """Read the tags from the annotations, or else from the lists of the classes.

    Args:
        root: the data set's folder.
        photos: places of the photos to read.
        there: places of all existing photos.
        notices: receives a sentence if the lists are used.

    Raises:
        InputError: neither exists.
    """
    tags = _Tags(by_photo={}, problems={}, places={})
    annotations = annotation_files(root, there)
    if not annotations:
        listed = class_lists(root, photos)
        if not listed:
            raise InputError(
                f"{root} has no Annotations/*.xml, so the tags of its photos are unknown; list "
                f"them in {root / 'tags.csv'} (columns image and tags, as in JPEGImages/a.jpg,dog)"
                f"{ASK_MASKS.format(root) if mask_files(root) else '.'}"
            )
        notices.append("Tags are those of the lists CLASS_train.txt, CLASS_val.txt and so on in "
                       "ImageSets/Main, as there are no Annotations.")
    for photo in photos:
        try:
            if annotations:
                path = annotations.find(photo) or root / "Annotations" / f"{photo}.xml"
                own, place = _tags(path), path.name
            elif photo in listed:
                own, place = frozenset(listed[photo]), "ImageSets/Main"
            else:
                raise InputError("It is in no list of a class, so its tags are unknown.")
        except InputError as error:
            tags.problems[photo] = str(error)
            continue
        tags.by_photo[photo] = own
        for tag in own:
            tags.places.setdefault(tag, place)
    return tags


def _without_bare_test(
    splits: dict[str, str | None], tags: _Tags, notices: list[str]
) -> dict[str, str | None]:
    """Leave out test if none of its photos has tags, as in the original VOC."""
    test = [name for name, split in splits.items() if split == "test"]
    if not test or any(name in tags.by_photo for name in test):
        return splits
    notices.append(f"None of the {len(test):,} photos in test.txt is there with its tags, so test "
                   f"is not read.")
    return {name: split for name, split in splits.items() if split != "test"}


def _classes(
    root: Path, used: dict[str, str], notices: list[str]
) -> tuple[Sequence[str], bool]:
    """Return the classes in the order of the labels, and whether that order is known."""
    path = label_file(root)
    if path is not None:
        classes = read_labels(path)
        unknown = next((tag for tag in sorted(used) if tag not in classes), None)
        if unknown is not None:
            raise InputError(f"{used[unknown]} has the object {unknown!r}, which is not in {path}; "
                             f"add it there, or fix the annotation.")
        return classes, True
    if used.keys() <= set(CLASSES):
        return CLASSES, True
    if len(used) > 1 and mask_files(root):
        notices.append(
            f"The masks are not scored: nothing says which label is which of the classes "
            f"{', '.join(sorted(used))}; add {root / 'classes.txt'} with background in the first "
            f"line, then the classes in the order of their labels."
        )
        return in_order(used), False
    return in_order(used), True


def _with_masks(
    root: Path, there: Sequence[str], found: Sequence[Found], scored: bool, notices: list[str]
) -> list[Found]:
    """Add each photo's mask."""
    masks = mask_files(root, there)
    if not scored or not masks:
        return list(found)
    places = [without_extension(f.path.partition("/")[2]) for f in found]
    made = [f._replace(mask=masks.find(place)) for f, place in zip(found, places, strict=True)]
    if not any(item.mask for item in made):
        notices.append(f"No mask in {root} has the name of a photo, so nothing is scored.")
    return made


def _tags(path: Path) -> frozenset[str]:
    """Return the names of the objects, without the names of their parts.

    Raises:
        InputError: missing, not XML, or with a document type.
    """
    refuse_special(path)
    try:
        parser = ET.XMLParser(target=_NoDoctype())
        parser.feed(path.read_bytes())
        top = parser.close()
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing, so the photo's tags are unknown.") from error
    except (OSError, ValueError, LookupError, ET.ParseError) as error:
        raise InputError(f"{path} cannot be read ({error}); fix or remove it.") from error
    names = (node.text or "" for node in top.findall("./object/name"))
    return frozenset(name.strip() for name in names if name.strip())
