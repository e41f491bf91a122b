"""Class folders: `cat/*.jpg`, `dog/*.jpg`, and `_none/` for photos with nothing on them.

The folders may lie in `train/`, `val/` and `test/`, which then are the splits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.photos import SUFFIXES
from tag2mask.data.readers.assembly import Found, assemble
from tag2mask.data.readers.names import NOTHING, is_hidden, refuse_case_variants
from tag2mask.data.readers.splits import SYNONYMS

LOOKS_FOR = "a folder of photos per class (cat/*.jpg, dog/*.jpg, _none/*.jpg)"

_UNREADABLE = (".heic", ".heif", ".cr2", ".nef", ".arw", ".dng")
_NO_CLASS = {"images", "masks", "photos"}  # parts of a tags.csv data set that lost its tags.csv


def fits(root: Path) -> bool:
    """Say whether some folder below `root` could be a class with photos."""
    folders = [folder for folder in _folders(root) if next(_photos(folder), None)]
    return any(folder.name.lower() not in _NO_CLASS for folder in folders)


def read(root: Path) -> Dataset:
    """Read class folders; photos may lie at any depth below theirs.

    Raises:
        InputError: class names that differ only by case, photos of a split that lie in no class,
            no photo, or more than a tenth of them left out.
    """
    tops = _split_folders(root) or [(None, root)]
    found: list[Found] = []
    problems: list[Problem] = []
    classes: dict[str, str] = {}
    for split, top in tops:
        for path in _files(top):
            problems.append(_problem(path, root, "It lies in no class folder."))
        for folder in _folders(top):
            if folder.name != NOTHING:
                classes.setdefault(folder.name, f"folder {folder.relative_to(root)}")
            tags = frozenset(() if folder.name == NOTHING else (folder.name,))
            for path in _photos(folder):
                why = _unusable(path)
                if why:
                    problems.append(_problem(path, root, why))
                else:
                    found.append(Found(path=_relative(path, root), tags=tags, split=split))
    refuse_case_variants(classes, source=str(root))
    return assemble(
        root,
        layout="class_folders",
        classes=sorted(classes),
        found=found,
        problems=problems,
        image_root=PurePosixPath(),
        mask_root=None,
    )


def _split_folders(root: Path) -> list[tuple[str | None, Path]]:
    """Return the folders of the splits, or none where the folders below `root` are classes."""
    folders = _folders(root)
    if len(folders) < 2 or not all(folder.name.lower() in SYNONYMS for folder in folders):
        return []
    bare = [folder.name for folder in folders if not _folders(folder)]
    if len(bare) == len(folders):
        raise InputError(
            f"The photos in {root} lie directly in {' and '.join(bare)}, so their tags are "
            f"unknown; put them into class folders (train/cat/*.jpg) or add a tags.csv."
        )
    return [(SYNONYMS[folder.name.lower()], folder) for folder in folders]


def _folders(top: Path) -> Sequence[Path]:
    return sorted(path for path in top.iterdir() if path.is_dir() and not is_hidden(path))


def _files(top: Path) -> Sequence[Path]:
    return sorted(p for p in top.iterdir() if _is_photo(p) and not p.is_dir())


def _photos(folder: Path) -> Iterator[Path]:
    """Yield what is named like a photo, at any depth, leaving out all that is hidden."""
    for path in sorted(folder.iterdir()):
        if is_hidden(path):
            continue
        if _is_photo(path):
            yield path
        elif path.is_dir() and not path.is_symlink():  # a link could lead round in circles
            yield from _photos(path)


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES + _UNREADABLE and not is_hidden(path)


def _unusable(path: Path) -> str:
    """Say why a path that is named like a photo is none, "" where it seems to be one."""
    if path.is_dir():
        return "It is a folder, not a photo; rename it."
    if not path.is_file():
        return "It is a link that leads nowhere; mend or remove it."
    if path.suffix.lower() in _UNREADABLE:
        return f"{path.suffix} files cannot be read; convert it to JPEG."
    return ""


def _relative(path: Path, root: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(root).as_posix())


def _problem(path: Path, root: Path, why: str) -> Problem:
    return Problem(photo=str(_relative(path, root)), why=why, left_out=True)
