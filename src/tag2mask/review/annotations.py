"""Masks that a person made: read, saved whole or not at all, and logged for every sitting."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np

from tag2mask.data import load_mask, photo_size, save_mask
from tag2mask.data.dataset import Photo
from tag2mask.review.source import Source, fitted

State = Literal["untouched", "corrected", "accepted", "skipped"]
STATES: tuple[State, ...] = ("untouched", "corrected", "accepted", "skipped")

NEW = "new"
"""The version of a mask that nobody has saved."""

LONGEST_SIDE = 2048
"""Of a mask on the page; larger photos are edited smaller, and saved at their own size."""


@dataclass(frozen=True)
class Entry:
    """One line of `annotations/log.jsonl`."""

    name: str
    state: State
    sitting: int
    """Counts how often somebody sat down; nothing else is known about them."""
    when: str
    """UTC, ISO 8601."""
    seconds: float
    """Spent on the photo since its last line."""
    clicks: int
    """Actions on the photo since its last line."""


class ConflictError(Exception):
    """Somebody else has saved the mask in the meantime."""


class Annotations:
    """The folder `annotations/` of a data set; may be used from several threads."""

    def __init__(self, source: Source) -> None:
        """Read the log, if there is one; nothing is written before the first mask is saved."""
        self._source = source
        self.folder = source.dataset.root / "annotations"
        self._log = self.folder / "log.jsonl"
        self._lock = Lock()
        self._entries = read_log(self._log)
        self.sitting = 1 + max((entry.sitting for entry in self._entries), default=0)

    def file(self, photo: Photo) -> Path:
        """Return where the mask of a photo of this data set is saved."""
        return self.folder / f"{photo.name}.png"

    def version(self, photo: Photo) -> str:
        """Return a name of what is saved now: a digest of the file, or `NEW`."""
        try:
            return hashlib.sha256(self.file(photo).read_bytes()).hexdigest()[:24]
        except FileNotFoundError:
            return NEW

    def mask(self, photo: Photo) -> np.ndarray:
        """Return the saved mask, or the draft where nobody has saved one: (H, W) uint8."""
        if not self.file(photo).exists():
            return self._source.draft(photo)
        return load_mask(self.file(photo), size=photo_size(photo.path),
                         num_labels=self._source.num_labels)

    def save(
        self, photo: Photo, labels: np.ndarray, *, version: str, state: State, seconds: float,
        clicks: int,
    ) -> str:
        """Save a mask and log it.

        Args:
            photo: of this data set.
            labels: (h, w) uint8, at `edit_size`. Where that is smaller than the photo, only what
                was changed replaces what was there.
            version: of the mask that was changed.
            state: "corrected" or "accepted".
            seconds: spent on it since it was last saved.
            clicks: actions since it was last saved.

        Returns:
            The new version.

        Raises:
            ConflictError: another version is saved by now.
            ValueError: the mask has another size or unknown labels.
        """
        size = photo_size(photo.path)
        if labels.shape != edit_size(size):
            raise ValueError(f"the mask must be {edit_size(size)}, not {labels.shape}")
        if ((labels >= self._source.num_labels) & (labels != 255)).any():
            raise ValueError(f"labels go from 0 to {self._source.num_labels - 1}, or are 255")
        with self._lock:
            if version != self.version(photo):
                raise ConflictError
            save_mask(self.file(photo), _merged(self.mask(photo), labels),
                      num_labels=self._source.num_labels)
            self._append(photo, state, seconds, clicks)
            return self.version(photo)

    def skip(self, photo: Photo, *, seconds: float) -> None:
        """Log that a photo was looked at and left as it is."""
        with self._lock:
            self._append(photo, "skipped", seconds, 0)

    def states(self) -> dict[str, State]:
        """Return the last state of each photo that has one, by name."""
        return {entry.name: entry.state for entry in self._entries}

    def seconds(self) -> dict[str, float]:
        """Return the seconds spent on each photo so far, by name."""
        spent: dict[str, float] = {}
        for entry in self._entries:
            spent[entry.name] = spent.get(entry.name, 0) + entry.seconds
        return spent

    @property
    def entries(self) -> list[Entry]:
        """All lines of the log, the oldest first."""
        return list(self._entries)

    def _append(self, photo: Photo, state: State, seconds: float, clicks: int) -> None:
        when = datetime.now(timezone.utc).isoformat(timespec="seconds")
        entry = Entry(photo.name, state, self.sitting, when, round(seconds, 1), clicks)
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab+") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                torn = file.read(1) != b"\n"  # the last line of a process that was killed
                file.write(b"\n" * torn)
            file.write(json.dumps(asdict(entry)).encode("ascii") + b"\n")
        self._entries.append(entry)


def edit_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the (h, w) at which a photo of (H, W) is shown and edited."""
    shrink = min(1.0, LONGEST_SIDE / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def read_log(path: Path) -> list[Entry]:
    """Read a log; lines that were cut short by a crash are left out."""
    entries = []
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    for line in text.splitlines():
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if entry.state in STATES:
            entries.append(entry)
    return entries


def _merged(before: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Bring an edited mask to the size of the photo, where it differs from what was there."""
    if labels.shape == before.shape:
        return labels
    changed = fitted((labels != fitted(before, labels.shape)).astype(np.uint8), before.shape)
    return np.where(changed == 1, fitted(labels, before.shape), before)
