"""Find the folders with the masks of a table's photos, and report on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from tag2mask.core.wording import listing
from tag2mask.data.readers import mask_files
from tag2mask.data.readers.folder_names import ANNOTATIONS, is_mask_name
from tag2mask.data.readers.photo_files import entry, folders_in, has_photos
from tag2mask.data.readers.table.words import shown

_MANY = 50
"""Number of folders above which their subfolders are not searched."""

_ARRAYS = (".npy", ".npz", ".mat", ".pkl", ".nii", ".gz", ".exr", ".json", ".txt", ".xml")
"""Suffixes of masks that are not pictures."""


def mask_folders(root: Path, photos: Collection[str]) -> list[Path]:
    """Return `masks`, in any case, or else the folders with names for masks.

    Args:
        root: the data set's folder.
        photos: paths below it; folders with photos contain no masks.
    """
    usual = entry(root, "masks")
    if usual is not None and usual.is_dir():
        return [usual]
    called = list(_called_like_masks(root))
    if not called:
        return []
    taken = {"/".join(path.split("/")[:depth]) for path in photos for depth in (1, 2)}
    return [folder for folder in called
            if folder.relative_to(root).as_posix() not in taken and has_photos(folder)]


def folder_notices(
    root: Path, folders: Sequence[Path], search: mask_files.MaskSearch, *, photos: int,
    others: Collection[str],
) -> list[str]:
    """Report the folders that are read, and the pictures in them that belong to no photo.

    Args:
        root: the data set's folder.
        folders: folders of masks.
        search: result of the search in them.
        photos: number of photos.
        others: stems of photos that are not read, whose masks are not used either.
    """
    names = listing([folder.relative_to(root).as_posix() for folder in folders])
    known = {mask_files.without_case(stem) for stem in others}
    strange = [mask for mask in search.strange
               if mask_files.without_case(mask.stem) not in known
               and mask_files.without_case(mask_files.without_suffix(mask.stem)) not in known]
    if not search.found and not strange:
        return _no_pictures(folders, names)
    total = len(search.found) + len(strange)
    if not search.found:
        first = strange[0].relative_to(root)
        return [f"None of the {total:,} pictures in {names} is the mask of one photo by its name "
                f"(the first is {shown(first)}), so nothing is scored; each photo needs one mask, "
                f"called like it."]
    lines = []
    if names != "masks":
        lines.append(f"{names} holds masks: {len(search.found):,} of {photos:,} photos have one by "
                     f"name, which is used for scoring only.")
    return lines + strange_notices(root, strange, total, names)


def strange_notices(root: Path, strange: Sequence[Path], total: int, names: str) -> list[str]:
    """Report the number of unused pictures in folders of masks."""
    if not strange:
        return []
    return [f"{len(strange):,} of {total:,} pictures in {names} are not used: by their names they "
            f"belong to no photo, or to several; the first is "
            f"{shown(strange[0].relative_to(root))}."]


def _called_like_masks(root: Path) -> Iterator[Path]:
    tops = folders_in(root)
    for top in tops[:_MANY]:
        if top.name == ANNOTATIONS:
            continue
        if is_mask_name(top.name):
            yield top
        else:
            yield from (f for f in folders_in(top)[:_MANY] if is_mask_name(f.name))


def _no_pictures(folders: Sequence[Path], names: str) -> list[str]:
    """Report folders with names for masks that contain no pictures."""
    files = [path for folder in folders for path in sorted(folder.iterdir())]
    first = next((path for path in files if path.suffix.lower() in _ARRAYS), None)
    if first is None or any(map(has_photos, folders)):
        return []
    return [f"{names} holds no pictures but files like {shown(Path(first.name))}, which are not "
            f"read as masks; save the label of each pixel as PNG."]


def beside_table_photos(photos: Collection[str], others: Sequence[str]) -> Mapping[str, str]:
    """Find the masks beside a table's photos, such as `a_mask.png` beside `a.jpg`.

    Args:
        photos: photos that the table lists.
        others: all other pictures.
    """
    if not others:
        return {}
    several = mask_files.beside(photos, others)
    return {photo: masks[0] for photo, masks in several.items() if len(masks) == 1}


def beside_notices(count: int) -> list[str]:
    """Report the number of photos with a mask in their own folder."""
    if not count:
        return []
    return [f"{count:,} photos have a mask beside them by name (as 1_mask.png beside 1.png); masks "
            f"are no photos and are used for scoring only."]
