"""Pascal VOC: JPEGImages, ImageSets/Segmentation, Annotations for the tags.

A photo's tags are the names of all objects in its annotation, the difficult ones included, since
the masks in SegmentationClass (for scoring only) show those too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.names import is_hidden, read_text, refuse_case_variants

LOOKS_FOR = "JPEGImages/ (Pascal VOC)"

# fmt: off
CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
    "tvmonitor",
)
# fmt: on
"""The 20 classes of Pascal VOC, in the order of the labels in SegmentationClass."""


class _NoDoctype(ET.TreeBuilder):
    """Refuses a document type: its entities could read files or grow without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type")


def fits(root: Path) -> bool:
    """Say whether there is a folder JPEGImages."""
    return (root / "JPEGImages").is_dir()


def read(root: Path) -> Dataset:
    """Read Pascal VOC, or another data set in its layout.

    Photos without a readable annotation are left out: their tags are unknown.

    Raises:
        InputError: a photo in two splits, class names that differ only by case, no photo, or more
            than a tenth of them left out.
    """
    files = _photo_files(root / "JPEGImages")
    found: list[Found] = []
    problems: list[Problem] = []
    first_seen: dict[str, str] = {}
    for stem, split in (_listed(root) or dict.fromkeys(files)).items():
        try:
            tags = _tags(root / "Annotations" / f"{stem}.xml") if stem in files else None
        except InputError as error:
            problems.append(Problem(photo=stem, why=str(error), left_out=True))
            continue
        if tags is None:
            why = f"JPEGImages/{stem}.jpg is missing."
            problems.append(Problem(photo=stem, why=why, left_out=True))
            continue
        for tag in sorted(tags):
            first_seen.setdefault(tag, f"{stem}.xml")
        found.append(Found(path=PurePosixPath("JPEGImages") / files[stem], tags=tags, split=split))
    refuse_case_variants(first_seen, source=str(root / "Annotations"))
    return assemble(
        root,
        layout="voc",
        classes=CLASSES if first_seen.keys() <= set(CLASSES) else sorted(first_seen),
        found=found,
        problems=problems,
        image_root=PurePosixPath("JPEGImages"),
        mask_root=root / "SegmentationClass",
    )


def _photo_files(folder: Path) -> dict[str, str]:
    """Return the photos' file names by stem."""
    files: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and path.is_file() and not is_hidden(path):
            files.setdefault(path.stem, path.name)
    return files


def _listed(root: Path) -> dict[str, str | None]:
    """Return the split of every listed photo, None where only trainval.txt names it."""
    lists = root / "ImageSets" / "Segmentation"
    splits: dict[str, str | None] = {}
    for split in ("train", "val", "test"):
        for stem in _stems(lists / f"{split}.txt"):
            other = splits.setdefault(stem, split)
            if other != split:
                raise InputError(
                    f"{stem} is in both {other}.txt and {split}.txt of {lists}; remove it from one."
                )
    if not {"train", "val"} <= set(splits.values()):
        for stem in _stems(lists / "trainval.txt"):
            splits.setdefault(stem, None)
    return splits


def _stems(path: Path) -> list[str]:
    """Return the first word of every line; [] where the file is missing."""
    if not path.is_file():
        return []
    return [line.split()[0] for line in read_text(path).splitlines() if line.strip()]


def _tags(path: Path) -> frozenset[str]:
    """Return the names of the objects; their parts have names too, which do not count.

    Raises:
        InputError: missing, no XML, or with a document type.
    """
    try:
        parser = ET.XMLParser(target=_NoDoctype())
        parser.feed(path.read_bytes())
        top = parser.close()
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing, so the photo's tags are unknown.") from error
    except (OSError, ValueError, LookupError, ET.ParseError) as error:
        raise InputError(f"{path} cannot be read ({error}); mend or remove it.") from error
    names = (node.text or "" for node in top.findall("./object/name"))
    return frozenset(name.strip() for name in names if name.strip())
