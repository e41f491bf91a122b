"""The record of a prediction that has not ended, so that the same command continues it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import read_record, write_record
from tag2mask.data.masks import load_mask

_FILE = "unfinished.json"


@dataclass(frozen=True, kw_only=True)
class _Unfinished:
    """Identifies what the masks in a folder depend on, besides the photos."""

    key: str


def prediction_key(run: Path, options: Sequence[object]) -> str:
    """Return a hash of a network and the options of a prediction.

    Args:
        run: the folder of the network, whose files are identified by size and time.
        options: all that masks depend on besides the network and the photos.
    """
    files = sorted(path for path in (run / "segmenter").glob("*") if path.is_file())
    stamps = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr([str(run), stamps, *map(str, options)]).encode()).hexdigest()


def begin(out: Path, key: str) -> bool:
    """Mark a prediction as unfinished; return whether it continues an interrupted one.

    Args:
        out: folder of the prediction.
        key: as of `prediction_key`; "" if the prediction cannot be continued.
    """
    if not key:
        end(out)
        return False
    left = read_record(out / _FILE, _Unfinished)
    write_record(out / _FILE, _Unfinished(key=key))
    return left is not None and left.key == key


def end(out: Path) -> None:
    """Mark a prediction as finished."""
    (out / _FILE).unlink(missing_ok=True)


def earlier_mask(name: str, photo: Path, out: Path, *, classes: int) -> np.ndarray | None:
    """Return the mask that an interrupted prediction wrote for a photo.

    Returns:
        (H, W) uint8; None if there is none, or the photo has changed since.
    """
    mask = out / "masks" / f"{name}.png"
    try:
        changed = max(photo.stat().st_mtime_ns, photo.stat().st_ctime_ns)
        if not (out / "overlays" / f"{name}.jpg").exists() or mask.stat().st_mtime_ns <= changed:
            return None
        return load_mask(mask, size=None, num_labels=classes + 1)
    except (OSError, InputError):
        return None
