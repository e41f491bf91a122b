"""Recognise YOLO (images/ with boxes or polygons in labels/*.txt), and refer to the converter."""

from __future__ import annotations

import re
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset
from tag2mask.data.readers.class_tree import has_class_folders
from tag2mask.data.readers.names import is_hidden
from tag2mask.data.readers.photo_files import entry, folders_in

LOOKS_FOR = ""

_LABEL = re.compile(rb"\s*\d+(?:\s+-?[\d.eE+-]+){4,}\s*(?:\n|\r|$)")
_NAMES = re.compile(rb"^\s*(?:names|nc|train|val)\s*:", re.MULTILINE)


def fits(root: Path) -> bool:
    """Return whether labels/ has files of numbers, or a data.yaml describes the data set."""
    found = _description(root) or _label_file(root)
    return found is not None and not has_class_folders(root)


def read(root: Path) -> Dataset:
    """Refuse the data set, as boxes must be converted first.

    Raises:
        InputError: always; the message names the command.
    """
    sign = _description(root) or _label_file(root) or root
    raise InputError(
        f"{root} is a YOLO data set ({sign.relative_to(root)}); convert it with `tag2mask import "
        f"{root} --data DATA`, then use DATA, or put the photos into a folder per class."
    )


def _description(root: Path) -> Path | None:
    named = [path for path in root.iterdir() if path.suffix.lower() in (".yaml", ".yml")]
    for path in sorted(named):
        if path.is_file() and not is_hidden(path):
            found = {m.strip(b" \t\r\n:") for m in _NAMES.findall(path.read_bytes()[:200_000])}
            if b"train" in found and found & {b"names", b"nc"}:
                return path
    return None


def _label_file(root: Path) -> Path | None:
    """Find a text file of YOLO's numbers in labels/, in labels/SPLIT/ or in SPLIT/labels/."""
    tops = [root, *folders_in(root)]
    labels = [folder for top in tops if (folder := entry(top, "labels")) and folder.is_dir()]
    for folder in labels:
        for place in [folder, *folders_in(folder)]:
            texts = (p for p in sorted(place.iterdir()) if p.suffix.lower() == ".txt")
            first = next((p for p in texts if p.is_file() and p.stat().st_size), None)
            if first is not None and _LABEL.match(first.read_bytes()[:10_000]):
                return first
    return None
