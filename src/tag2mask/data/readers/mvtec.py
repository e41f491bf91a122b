"""Read MVTec AD and similar sets: train/good, test/DEFECT, ground_truth/DEFECT/*_mask.png.

Its train split contains only normal photos, so a classifier could not learn any defect from it. The
photos of test are therefore split again. Defects are the classes; a normal photo has no tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers import mask_files
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.class_spellings import with_one_spelling
from tag2mask.data.readers.folder_names import NORMAL, in_order, split_of_folder
from tag2mask.data.readers.photo_files import (
    below,
    entry,
    folders_in,
    has_photos,
    holds_photos,
    left_out,
    photos_below,
    unusable,
)
from tag2mask.data.readers.splits import hashed_share

LOOKS_FOR = "train/good and test/DEFECT (MVTec AD)"

_ONE_IN = 3
"""One in this many photos of each folder of test is held out."""


def fits(root: Path) -> bool:
    """Return whether train has only one folder of normal photos, and test has other folders."""
    train, test = entry(root, "train"), entry(root, "test")
    if train is None or test is None or not train.is_dir() or not test.is_dir():
        return False
    normal = [f.name.lower() for f in folders_in(train)]
    tested = {f.name.lower() for f in folders_in(test)}
    return len(normal) == 1 and normal[0] in NORMAL and bool(tested - NORMAL) \
        and not holds_photos(train)


def read(root: Path) -> Dataset:
    """Read an anomaly data set: two thirds of test become train, one third becomes val.

    Raises:
        InputError: no photo, or more than a tenth of them left out.
    """
    found: list[Found] = []
    problems: list[Problem] = []
    places: dict[Path, PurePosixPath] = {}
    classes: dict[str, str] = {}
    for top in folders_in(root):
        given = split_of_folder(top.name)
        for folder in folders_in(top) if given else ():
            files = list(photos_below(folder))
            usable = [path for path in files if not unusable(path)]
            problems += [left_out(p, root, why) for p in files if (why := unusable(p))]
            normal = folder.name.lower() in NORMAL
            if not normal and usable:
                classes.setdefault(folder.name, f"folder {folder.relative_to(root)}")
            splits = _thirds(usable, root) if given == "test" else dict.fromkeys(usable, given)
            for path in usable:
                tags = frozenset(() if normal else (folder.name,))
                found.append(Found(path=str(below(path, root)), tags=tags, split=splits[path]))
                if given == "test" and not normal:
                    places[path] = below(path, top)
    found, classes, merged = with_one_spelling(found, classes, source=str(root))
    masks = _masks(root, places)
    return assemble(
        root,
        layout="mvtec",
        classes=in_order(classes),
        found=[Found(path=f.path, tags=f.tags, split=f.split, mask=masks.get(root / f.path))
               for f in found],
        problems=problems,
        image_root=PurePosixPath(),
        notices=[*_mask_notices(root, masks, places), *merged],
    )


def _thirds(paths: Sequence[Path], root: Path) -> dict[Path, str]:
    """Hold out a third of a folder, at least one photo of two, by the hash of their names."""
    ordered = sorted(paths, key=lambda path: hashed_share(below(path, root)))
    held_out = ordered[: -(-len(ordered) // _ONE_IN)] if len(ordered) > 1 else []
    return {path: "val" if path in held_out else "train" for path in paths}


def _masks(root: Path, places: dict[Path, PurePosixPath]) -> dict[Path, Path]:
    folder = entry(root, "ground_truth")
    if folder is None or not has_photos(folder):
        return {}
    found = mask_files.in_folders(root, places, [folder]).found
    # The stem alone is ambiguous here: the numbering starts at 000 for every defect.
    return {path: mask for path, mask in found.items() if mask.parent.name == path.parent.name}


def _mask_notices(
    root: Path, masks: dict[Path, Path], defects: dict[Path, PurePosixPath]
) -> list[str]:
    lines = [
        f"{root} is an anomaly data set (MVTec AD): its train has normal photos alone, from which "
        f"no defect can be learned, so one third of the photos of each folder of test is val and "
        f"the others are trained on with train's; figures cannot be compared with those of methods "
        f"that train on normal photos alone. Normal photos have no tag."
    ]
    if masks and len(masks) < len(defects):
        lines.append(f"{len(defects) - len(masks):,} of {len(defects):,} photos with a defect have "
                     f"no single mask in ground_truth by name, so they are not scored.")
    if not masks:
        lines.append("No photo has a mask in ground_truth by name, so nothing is scored.")
    return lines
