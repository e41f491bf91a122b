"""Masks that lie beside photos, or in a folder of their own, found by their names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.data.readers.photo_files import photos_below

_SUFFIX = re.compile(
    r"[ _.-]+(?:mask|masks|gt|seg|segmentation|label|labels|labelids|trimap|annotation|"
    r"groundtruth|ground_truth)(?:[ _.-]*\d+)?$",
    re.IGNORECASE,
)


def without_suffix(stem: str) -> str:
    """Return a mask's stem without what marks it as a mask, as in `001_mask`."""
    return _SUFFIX.sub("", stem)


def beside(photos: Sequence[Path]) -> dict[Path, list[Path]]:
    """Find the files that are masks of other photos in the same folder, as `1_mask.png` of `1.png`.

    Args:
        photos: all files of one class.

    Returns:
        The masks of each photo that has some.
    """
    by_stem = {(path.parent, path.stem): path for path in photos}
    masks: dict[Path, list[Path]] = defaultdict(list)
    for path in photos:
        base = without_suffix(path.stem)
        photo = by_stem.get((path.parent, base)) if base != path.stem else None
        if photo is not None:
            masks[photo].append(path)
    return dict(masks)


def in_folders(
    photos: Mapping[Path, PurePosixPath], folders: Iterable[Path]
) -> dict[Path, Path]:
    """Find the masks of photos in folders of masks: at the same place, or by a stem used once.

    Args:
        photos: the files, and their paths below the folder of their classes.
        folders: of masks.
    """
    placed: dict[PurePosixPath, list[Path]] = defaultdict(list)
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for mask in photos_below(folder):
            place = PurePosixPath(mask.relative_to(folder).as_posix())
            placed[place.with_name(without_suffix(mask.stem))].append(mask)
            by_stem[without_suffix(mask.stem)].append(mask)
    stems: dict[str, int] = defaultdict(int)
    for path in photos:
        stems[path.stem] += 1
    found = {}
    for path, place in photos.items():
        masks = placed.get(place.with_suffix(""), [])
        if len(masks) != 1 and stems[path.stem] == 1:
            masks = by_stem.get(path.stem, [])
        if len(masks) == 1:
            found[path] = masks[0]
    return found
