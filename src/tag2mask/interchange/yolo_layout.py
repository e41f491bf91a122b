"""The folders of an Ultralytics data set, as defined in data.yaml."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from tag2mask.interchange.format import Labelling

SPLITS = ("train", "val", "test")


def find_yaml(path: Path) -> Path | None:
    """Return the YAML file of the data set: `path` itself, or the one in the folder."""
    if path.is_file():
        return path if path.suffix.lower() in (".yaml", ".yml") else None
    named = [path / "data.yaml", path / "dataset.yaml"]
    others = sorted(path.glob("*.yaml")) if path.is_dir() else []
    return next((file for file in (*named, *others) if file.is_file()), None)


def folder_of(found: Path, content: dict[str, object], split: str) -> Path | None:
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
