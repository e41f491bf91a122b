"""Locate class folders: at the top, in split folders, in a folder `images`, beside masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.wording import listing
from tag2mask.data.readers.folder_names import (
    ANNOTATIONS,
    is_mask_name,
    is_no_class,
    is_photo_name,
    split_of_folder,
)
from tag2mask.data.readers.photo_files import (
    ASK_MASKS,
    folders_in,
    has_photos,
    holds_photos,
    photos_below,
)


@dataclass(frozen=True, kw_only=True)
class Top:
    """A folder whose subfolders are classes."""

    split: str | None
    folder: Path
    classes: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class ClassTree:
    """Roles of the folders of a data set."""

    tops: tuple[Top, ...]
    masks: tuple[Path, ...] = ()
    """Folders of masks."""
    notices: tuple[str, ...] = field(default=())


def class_tree(root: Path) -> ClassTree:
    """Distinguish class folders from folders of splits, of masks and of photos in general.

    Raises:
        InputError: no folder can be a class.
    """
    around = _unwrapped(root)
    masks = [] if around == root else _mask_folders(root)
    splits = _split_folders(around)
    if splits and not any(_holds_folders(folder) for _, folder in splits):
        raise InputError(_no_classes(root) if masks else _bare(root, [f for _, f in splits]))
    if not splits:
        masks += _mask_folders(around)
        tops = [Top(split=None, folder=around, classes=_classes(around))]
        notices = []
    else:
        masks += [m for f in [around, *(f for _, f in splits)] for m in _mask_folders(f)]
        filled = [(split, _unwrapped(folder)) for split, folder in splits]
        tops = [Top(split=s, folder=f, classes=_classes(f)) for s, f in filled if folders_in(f)]
        notices = _not_read(around, splits, tops)
    if all(is_no_class(c.name) for top in tops for c in top.classes if has_photos(c)):
        raise InputError(_no_classes(root))
    masks = list(dict.fromkeys([*masks, *(m for top in tops for c in top.classes
                                          for m in _mask_folders(c))]))
    return ClassTree(tops=tuple(tops), masks=tuple(masks), notices=tuple(notices))


def has_class_folders(root: Path) -> bool:
    """Return whether a folder in `root`, or in a split, certainly has the name of a class."""
    tops = [root, *(f for f in folders_in(root) if split_of_folder(f.name))]
    return any(not is_no_class(f.name) and has_photos(f) for top in tops for f in folders_in(top))


def _unwrapped(folder: Path) -> Path:
    """Descend if all photos are in one folder with a generic name that is not a class."""
    for _ in range(3):
        filled = [f for f in _no_masks(folder) if has_photos(f)]
        if len(filled) != 1 or holds_photos(folder) or not _holds_folders(filled[0]):
            return folder
        name = filled[0].name
        twice = name.lower() == folder.name.lower()
        if not twice and (split_of_folder(name) or not is_photo_name(name)):
            return folder
        folder = filled[0]
    return folder


def _split_folders(root: Path) -> list[tuple[str, Path]]:
    """Return the folders of the splits; empty if the folders in `root` are classes.

    If no folder can be a class, the splits need not contain class folders either.
    """
    filled = [f for f in folders_in(root) if has_photos(f)]
    named = [(split, f) for f in filled if (split := split_of_folder(f.name))]
    with_classes = [f for _, f in named if _holds_folders(f)]
    others = [f for f in filled if split_of_folder(f.name) is None and not is_no_class(f.name)]
    if with_classes and (len(named) > 1 or not others):
        return named
    return named if not others and not with_classes else []


def _bare(root: Path, splits: Sequence[Path]) -> str:
    """Report photos that are in splits, but in no class."""
    return (
        f"The photos in {root} lie directly in {listing([f.name for f in splits])}, so their tags "
        f"are unknown; put them into class folders (train/cat/*.jpg) or add a "
        f"tags.csv{_table_hint(root)}."
    )


def _not_read(
    around: Path, splits: Sequence[tuple[str, Path]], tops: Sequence[Top]
) -> list[str]:
    """Report folders beside the classes of the splits that are not read."""
    bare = [f for _, f in splits if not folders_in(f)]
    known = [f for _, f in splits] + _mask_folders(around)
    others = [f for f in folders_in(around)
              if f not in known and f.name != ANNOTATIONS and has_photos(f)]
    lines = [
        f"Photos in {f} ({_count(f):,}) are not read: they lie in no class folder, so their tags "
        f"are unknown."
        for f in bare
    ]
    names = listing([top.folder.relative_to(around).as_posix() for top in tops])
    return lines + [
        f"Photos in {f} ({_count(f):,}) are not read: the class folders are those in {names}."
        for f in others
    ]


def _no_classes(root: Path) -> str:
    """Return the reason why no folder names a class, with a remedy."""
    filled = [f for f in folders_in(root) if has_photos(f)]
    names, end = listing([f.name for f in filled]), "."
    if any(is_mask_name(f.name) for top in [root, *filled] for f in folders_in(top)):
        what = f"{root} has photos and masks ({names}), but no tags, and tags are what is learned"
        end = ASK_MASKS.format(root)
    else:
        what = f"{root} has photos in {names}, which is no name of a class, so tags are unknown"
    return (
        f"{what}; add a tags.csv with the columns image and tags, or put the photos into a folder "
        f"per class{_table_hint(root)}{end}"
    )


def _table_hint(root: Path) -> str:
    """Return a hint at a table that may contain the tags."""
    suffixes = (".csv", ".tsv", ".xlsx", ".xls")
    tables = sorted(p.name for p in root.iterdir() if p.suffix.lower() in suffixes)
    if not tables:
        return ""
    return f" (if {listing(tables)} lists them, save it as tags.csv with these columns)"


def _classes(top: Path) -> tuple[Path, ...]:
    return tuple(_no_masks(top))


def _no_masks(top: Path) -> list[Path]:
    masks = _mask_folders(top)
    return [f for f in folders_in(top) if f not in masks and not _is_for_annotations(f)]


def _mask_folders(top: Path) -> list[Path]:
    named = [f for f in folders_in(top) if is_mask_name(f.name) and f.name != ANNOTATIONS]
    splits = [f for f in named if split_of_folder(f.name) and _holds_folders(f)]
    return [f for f in named if has_photos(f) and f not in splits]


def _is_for_annotations(folder: Path) -> bool:
    """Return whether a folder without photos has a name for annotations, such as YOLO's labels."""
    return is_mask_name(folder.name) and (not has_photos(folder) or folder.name == ANNOTATIONS)


def _holds_folders(folder: Path) -> bool:
    return not holds_photos(folder) and any(has_photos(f) for f in folders_in(folder))


def _count(folder: Path) -> int:
    return sum(1 for _ in photos_below(folder))
