"""Read class folders: `cat/*.jpg`, `dog/*.jpg`, and `_none/` for photos without any object.

The folders may be in `train/`, `val/` and `test/`, which then are the splits, or contain such
folders themselves. Folders of masks beside them are used for scoring.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.core.wording import listing
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.readers import mask_files
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.class_spellings import with_one_spelling
from tag2mask.data.readers.class_tree import ClassTree, Top, class_tree
from tag2mask.data.readers.folder_copies import copies, copies_sentence
from tag2mask.data.readers.folder_names import (
    in_order,
    is_mask_name,
    is_no_class,
    is_nothing_name,
    names_an_origin,
    numbered_alike,
    split_of_folder,
)
from tag2mask.data.readers.mask_folders import beside_notices, strange_notices
from tag2mask.data.readers.names import NOTHING
from tag2mask.data.readers.photo_files import (
    below,
    files_in,
    folders_in,
    has_photos,
    holds_photos,
    left_out,
    photos_below,
    unusable,
)

LOOKS_FOR = "a folder of photos per class (cat/*.jpg, dog/*.jpg, _none/*.jpg)"


def fits(root: Path) -> bool:
    """Return whether any folder below `root` contains photos."""
    return any(has_photos(folder) for folder in folders_in(root))


def read(root: Path) -> Dataset:
    """Read class folders; photos may be at any depth below theirs.

    Raises:
        InputError: folders that are not classes, photos of a split outside the class folders, a
            class called background, no photo, or more than a tenth of them left out.
    """
    tree = class_tree(root)
    _refuse_two_levels(tree)
    inside = _splits_inside(tree)
    found: list[Found] = []
    problems: list[Problem] = []
    places: dict[Path, PurePosixPath] = {}
    classes: dict[str, str] = {}
    originals = copies(f.name for top in tree.tops for f in top.classes if has_photos(f))
    notices = [*tree.notices, *_name_notices(tree), *copies_sentence(originals)]
    for top in tree.tops:
        problems += [left_out(p, root, "It lies in no class folder.") for p in files_in(top.folder)]
        for folder in top.classes:
            name = originals.get(folder.name, folder.name)
            if name != NOTHING:
                classes.setdefault(name, f"folder {folder.relative_to(root)}")
            for item in _photos_of(folder, root, top, inside, tree.masks, name=name):
                if isinstance(item, Problem):
                    problems.append(item)
                else:
                    found.append(item)
                    places[root / item.path] = PurePosixPath(item.path)
    if inside:
        notices.append("The folders of splits inside the class folders give the splits.")
    notices += beside_notices(sum(item.mask is not None for item in found))
    found, lines = _with_masks(found, root, places, tree)
    found, classes, merged = with_one_spelling(found, classes, source=str(root))
    return assemble(
        root,
        layout="class_folders",
        classes=in_order(classes),
        found=found,
        problems=problems,
        image_root=PurePosixPath(),
        notices=[*notices, *merged, *lines],
    )


def _photos_of(
    folder: Path, root: Path, top: Top, inside: bool, mask_folders: Sequence[Path], *, name: str
) -> Iterator[Found | Problem]:
    """Yield the photos of a class, and problems for files with photo suffixes that are unusable."""
    own_masks = [str(masks) + "/" for masks in mask_folders if masks.parent == folder]
    files = [p for p in photos_below(folder) if not any(str(p).startswith(m) for m in own_masks)]
    texts = [path.as_posix() for path in files]
    masks = mask_files.beside(texts, texts)
    apart = {mask for several in masks.values() for mask in several}
    tags = frozenset(() if name == NOTHING else (name,))
    for path, text in zip(files, texts, strict=True):
        why = unusable(path)
        if text in apart:
            continue
        if why:
            yield left_out(path, root, why)
            continue
        split = split_of_folder(path.relative_to(folder).parts[0]) if inside else top.split
        own = masks.get(text, [])
        yield Found(path=below(path, root).as_posix(), tags=tags, split=split,
                    mask=Path(own[0]) if len(own) == 1 else None)


def _with_masks(
    found: Sequence[Found], root: Path, places: dict[Path, PurePosixPath], tree: ClassTree
) -> tuple[list[Found], list[str]]:
    """Add the masks from separate folders, and report this."""
    if not tree.masks:
        return list(found), []
    search = mask_files.in_folders(root, places, tree.masks)
    masks, strange = search.found, search.strange
    names = listing([str(folder.relative_to(root)) for folder in tree.masks])
    lines = f"{names} holds masks, not a class: {len(masks):,} of {len(found):,} photos have one " \
           f"by name, which is used for scoring only."
    more = strange_notices(root, strange, len(masks) + len(strange), names)
    return [f._replace(mask=f.mask or masks.get(root / f.path)) for f in found], [lines, *more]


def _splits_inside(tree: ClassTree) -> bool:
    """Return whether every class folder contains split folders only, as in cat/train/*.jpg."""
    folders = [folder for top in tree.tops for folder in top.classes if has_photos(folder)]
    if any(top.split for top in tree.tops) or not folders:
        return False
    inner = [f for folder in folders for f in folders_in(folder) if has_photos(f)]
    return all(split_of_folder(f.name) for f in inner) and not any(map(holds_photos, folders))


def _refuse_two_levels(tree: ClassTree) -> None:
    """Refuse two levels of folders that could be classes, as in cam1/crack and cam2/crack.

    Raises:
        InputError: all class folders contain the same folders.
    """
    folders = [f for top in tree.tops[:1] for f in top.classes if has_photos(f)]
    below_each = [{f.name for f in folders_in(_branching(folder)) if has_photos(f)
                   and not is_mask_name(f.name)} for folder in folders]
    same = set.intersection(*below_each) if below_each else set()
    if len(folders) < 2 or len(same) < 2 or any(holds_photos(folder) for folder in folders):
        return
    if all(split_of_folder(name) for name in same) or any(names_an_origin(name) for name in same):
        return
    raise InputError(
        f"{listing([f.name for f in folders])} in {tree.tops[0].folder} hold the same folders "
        f"({listing(sorted(same))}), so either level could name the classes; keep one level, or "
        f"list photos and tags in a tags.csv."
    )


def _branching(folder: Path) -> Path:
    """Descend through folders that contain nothing but one folder."""
    filled = [f for f in folders_in(folder) if has_photos(f)]
    if len(filled) != 1 or holds_photos(folder):
        return folder
    return _branching(filled[0])


def _name_notices(tree: ClassTree) -> list[str]:
    """Return questions about folders that are read as classes but may be something else."""
    names = sorted({f.name for top in tree.tops for f in top.classes if has_photos(f)})
    origins = [name for name in names if names_an_origin(name)]
    odd = [name for name in names if is_no_class(name)]
    if [name.lower() for name in odd] == ["train"]:  # one that runs on rails
        odd = []
    lines = []
    if (len(origins) > 1 and len(origins) * 2 > len(names)) or numbered_alike(names):
        lines.append(
            f"The folders {listing(origins or names)} are read as classes, but may be called after "
            f"where or when photos were taken; if so, list photos and tags in a tags.csv."
        )
    empty = [name for name in names if is_nothing_name(name)]
    if empty and len(names) > 1:
        lines.append(
            f"{listing(empty)} is read as a class like the other folders; if its photos have "
            f"nothing on them, rename it to {NOTHING}."
        )
    if odd:
        lines.append(
            f"{listing(odd)} is read as a class like the other folders; if it is none, move it out "
            f"of the data set."
        )
    return lines
