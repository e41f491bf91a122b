"""The folders of an Ultralytics data set, as defined in data.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tag2mask.core.contracts import InputError
from tag2mask.interchange.class_tables import read_yaml
from tag2mask.interchange.format import Labelling

SPLITS = ("train", "val", "test")


def find_yaml(path: Path) -> Path | None:
    """Return the YAML file of the data set: `path` itself, or the one in the folder."""
    if path.is_file():
        return path if path.suffix.lower() in (".yaml", ".yml") else None
    named = [path / "data.yaml", path / "dataset.yaml"]
    others = sorted(path.glob("*.yaml")) if path.is_dir() else []
    return next((file for file in (*named, *others) if file.is_file()), None)


def has_key(path: Path, key: str) -> bool:
    """Return whether there is a data.yaml with this key."""
    found = find_yaml(path)
    try:
        return found is not None and key in read_yaml(found)
    except InputError:
        return False


def open_yaml(path: Path) -> tuple[Path, dict[str, object]]:
    """Return the YAML file of the data set and its content.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    found = find_yaml(path)
    if found is None:
        raise InputError(f"{path} has no data.yaml; give the folder that holds it.")
    return found, read_yaml(found)


def photo_folders(found: Path, content: dict[str, object]) -> Iterator[tuple[str, Path]]:
    """Yield each split with its photo folder; a folder of several splits belongs to the first."""
    taken: set[Path] = set()
    for split in SPLITS:
        folder = _folder_of(found, content, split)
        if folder is not None and folder not in taken:
            taken.add(folder)
            yield split, folder


def beside(folder: Path, name: str) -> Path:
    """Return the label folder of a photo folder: the last "images" in its path becomes `name`."""
    parts = list(folder.parts)
    if "images" not in parts:
        return folder
    last = len(parts) - 1 - parts[::-1].index("images")
    return Path(*parts[:last], name, *parts[last + 1 :])


def split_lines(used: set[str], labelling: Labelling) -> dict[str, str]:
    """Return the lines of data.yaml for the splits; Ultralytics requires both train and val."""
    one = next((split for split in SPLITS if split in used), "train")
    lines: dict[str, str] = {}  # without `path`, Ultralytics uses the folder of data.yaml
    for split in ("train", "val"):
        if split not in used and used:
            labelling.notes.append(f"No photo belongs to {split}, which Ultralytics wants; "
                                   f"data.yaml names {one} for it.")
        lines[split] = f"images/{split if split in used else one}"
    if "test" in used:
        lines["test"] = "images/test"
    return lines


def _folder_of(found: Path, content: dict[str, object], split: str) -> Path | None:
    """Return the photo folder of a split, below the folder of data.yaml.

    data.yaml may contain paths to other places (an absolute `path`, or "../train/images"); only
    folders beside it are used.
    """
    entry = content.get(split) or (content.get("valid") if split == "val" else None)
    if isinstance(entry, list) and entry:
        entry = entry[0]
    if not isinstance(entry, str):
        return None
    inside = [part for part in PurePosixPath(entry.replace("\\", "/")).parts
              if part not in ("..", ".", "/")]
    tops = [found.parent]
    path = content.get("path")
    if isinstance(path, str) and ".." not in PurePosixPath(path).parts \
            and not PurePosixPath(path).is_absolute():
        tops.insert(0, found.parent / path)
    for top in tops:
        for start in range(len(inside)):
            folder = top.joinpath(*inside[start:])
            if folder.is_dir():
                return folder / "images" if (folder / "images").is_dir() else folder
    return None
