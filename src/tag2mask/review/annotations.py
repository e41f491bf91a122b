"""Manually corrected masks: reading, atomic saving, and a log of every review session."""

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
"""The version of a mask that has not been saved yet."""

LONGEST_SIDE = 2048
"""Maximum side of a mask on the page, in pixels; larger photos are edited at reduced size, and
their masks are saved at full size."""


@dataclass(frozen=True)
class Entry:
    """One line of `annotations/log.jsonl`."""

    name: str
    state: State
    sitting: int
    """Number of the review session; no other information about the person is stored."""
    when: str
    """Time in UTC, in ISO 8601 format."""
    seconds: float
    """Time spent on the photo since its previous entry, in seconds."""
    clicks: int
    """Number of actions on the photo since its previous entry."""


class ConflictError(Exception):
    """Raised if the mask has been saved by someone else in the meantime."""


class Annotations:
    """The folder `annotations/` of a data set; safe for use from several threads."""

    def __init__(self, source: Source) -> None:
        """Read the log if there is one; no file is written before the first mask is saved."""
        self._source = source
        self.folder = source.dataset.root / "annotations"
        self._log = self.folder / "log.jsonl"
        self._lock = Lock()
        self._entries = read_log(self._log)
        self.sitting = 1 + max((entry.sitting for entry in self._entries), default=0)

    def file(self, photo: Photo) -> Path:
        """Return the path of the saved mask of a photo of this data set."""
        return self.folder / f"{photo.name}.png"

    def version(self, photo: Photo) -> str:
        """Return the version of the saved mask: a digest of the file, or `NEW`."""
        try:
            return hashlib.sha256(self.file(photo).read_bytes()).hexdigest()[:24]
        except FileNotFoundError:
            return NEW

    def mask(self, photo: Photo) -> np.ndarray:
        """Return the saved mask, or the draft if no mask has been saved: (H, W) uint8."""
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
            photo: a photo of this data set.
            labels: (h, w) uint8, at `edit_size`. If that is smaller than the photo, only changed
                pixels are replaced in the full-size mask.
            version: version of the mask that was edited.
            state: "corrected" or "accepted".
            seconds: time spent on the photo since its previous entry.
            clicks: number of actions on the photo since its previous entry.

        Returns:
            The new version.

        Raises:
            ConflictError: another version has been saved in the meantime.
            ValueError: the mask has a wrong size or unknown labels.
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
        """Log that a photo was viewed and skipped without changes."""
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
        """Return all entries of the log, oldest first."""
        return list(self._entries)

    @property
    def present(self) -> list[Entry]:
        """Return the entries of the present session, oldest first."""
        return [entry for entry in self._entries if entry.sitting == self.sitting]

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
    """Read a log; lines truncated by a crash are skipped."""
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
    """Return the previous mask with the pixels changed in an edited mask, at the photo's size."""
    if labels.shape == before.shape:
        return labels
    changed = fitted((labels != fitted(before, labels.shape)).astype(np.uint8), before.shape)
    return np.where(changed == 1, fitted(labels, before.shape), before)
