"""Say that a run is repeated on another folder, which holds the same photos."""

from __future__ import annotations

from pathlib import Path

from tag2mask.core.json_records import read_record
from tag2mask.data.annotations.files import FOLDER, has_annotations
from tag2mask.data.dataset import Dataset
from tag2mask.data.remembered import DataIdentity
from tag2mask.run_folder.folder import RunFolder


def former_folder(run: RunFolder, now: Path) -> Path | None:
    """Return the folder that a run was made from if it is another one than `now`."""
    known = read_record(run.data, DataIdentity)
    if known is None:
        return None
    for root in (known.root, known.former_root):
        if root and Path(root).resolve() != now.resolve():
            return Path(root)
    return None


def moved_sentence(run: RunFolder, dataset: Dataset) -> str:
    """Say where the photos of a run were and are, and where corrections go; "" if it is there.

    Args:
        run: the run folder, which may be missing.
        dataset: the data set as read, with the same photos and tags.
    """
    known = read_record(run.data, DataIdentity)
    now = dataset.root.absolute()
    if known is None or not known.root or Path(known.root).resolve() == now.resolve():
        return ""
    before = Path(known.root)
    said = (f"This run was made from {before}; from now on it belongs to {now}, which holds the "
            f"same photos, and `review` saves masks in {now / FOLDER}.")
    if not before.is_dir():
        return said
    if has_annotations(before) and not has_annotations(now):
        said += (f" The annotations in {before} are not used there: copy them, or give `run` "
                 f"{before} again.")
        return said
    return f"{said} To stay with the other folder, give `run` {before} again."
