"""Manually corrected masks: reading, atomic saving, and going back to what was before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock
from typing import Literal

import numpy as np

from tag2mask.annotation.work_log import (
    LOG,
    Entry,
    State,
    add_entry,
    read_log,
    seconds_by_photo,
)
from tag2mask.core.files import atomic_path
from tag2mask.data import load_mask, photo_size, save_mask
from tag2mask.data.dataset import Photo
from tag2mask.review.source import Source, fitted

NEW = "new"
"""The version of a mask that has not been saved yet."""

LONGEST_SIDE = 2048
"""Maximum side of a mask on the page, in pixels; larger photos are edited at reduced size, and
their masks are saved at full size."""


Place = Literal["draft", "start"]
"""Where a mask can go back to: the draft of the run, or what it was before this session."""


@dataclass(frozen=True)
class _Before:
    """A photo before the present session: its file, None if there was none, and its state."""

    content: bytes | None
    state: State


class ConflictError(Exception):
    """Raised if the mask has been saved by someone else in the meantime."""


class Annotations:
    """The folder `annotations/` of a data set; safe for use from several threads."""

    def __init__(self, source: Source) -> None:
        """Read the log if there is one; no file is written before the first mask is saved."""
        self._source = source
        self.folder = source.dataset.root / "annotations"
        self._log = self.folder / LOG
        self._lock = Lock()
        self._entries = read_log(self._log)
        self._before: dict[str, _Before] = {}
        self.sitting = 1 + max((entry.sitting for entry in self._entries), default=0)

    def file(self, photo: Photo) -> Path:
        """Return the path of the saved mask of a photo of this data set."""
        return self.folder / f"{photo.name}.png"

    def version(self, photo: Photo) -> str:
        """Return the version of the saved mask: a digest of the file, or `NEW`."""
        return _version(self._content(photo))

    def first_version(self, photo: Photo) -> str:
        """Return the version that the photo had before this session."""
        before = self._before.get(photo.name)
        return _version(before.content) if before else self.version(photo)

    def state(self, photo: Photo) -> State:
        """Return the state of a photo, see `state_of`."""
        return state_of(self.states().get(photo.name), saved=self.file(photo).exists())

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
            self._begin(photo, version)
            save_mask(self.file(photo), _merged(self.mask(photo), labels),
                      num_labels=self._source.num_labels)
            self._append(photo, state, seconds, clicks)
            return self.version(photo)

    def go_back(
        self, photo: Photo, *, to: Place, version: str, seconds: float, clicks: int
    ) -> tuple[str, State]:
        """Undo what was saved: remove the mask, or restore that from before this session.

        Args:
            photo: a photo of this data set.
            to: the draft of the run, or what the mask was before this session.
            version: version of the mask that was edited.
            seconds: time spent on the photo since its previous entry.
            clicks: number of actions on the photo since its previous entry.

        Returns:
            The version and the state that the photo has now.

        Raises:
            ConflictError: another version has been saved in the meantime.
        """
        with self._lock:
            before = self._begin(photo, version)
            content = before.content if to == "start" else None
            if content is None:
                self.file(photo).unlink(missing_ok=True)
            else:
                with atomic_path(self.file(photo)) as temporary:
                    temporary.write_bytes(content)
            state: State = "untouched" if content is None else before.state
            self._append(photo, state, seconds, clicks)
            return _version(content), state

    def skip(self, photo: Photo, *, seconds: float) -> None:
        """Log that a photo was viewed and skipped without changes."""
        with self._lock:
            self._append(photo, "skipped", seconds, 0)

    def states(self) -> dict[str, State]:
        """Return the last state of each photo that has one, by name."""
        return {entry.name: entry.state for entry in self._entries}

    def seconds(self) -> dict[str, float]:
        """Return the seconds spent on each photo so far, by name."""
        return seconds_by_photo(self._entries)

    @property
    def entries(self) -> list[Entry]:
        """Return all entries of the log, oldest first."""
        return list(self._entries)

    @property
    def present(self) -> list[Entry]:
        """Return the entries of the present session, oldest first."""
        return [entry for entry in self._entries if entry.sitting == self.sitting]

    def _content(self, photo: Photo) -> bytes | None:
        try:
            return self.file(photo).read_bytes()
        except FileNotFoundError:
            return None

    def _begin(self, photo: Photo, version: str) -> _Before:
        """Check the version, and remember the photo before its first change in this session."""
        content = self._content(photo)
        if version != _version(content):
            raise ConflictError
        if photo.name not in self._before:
            self._before[photo.name] = _Before(content, self.state(photo))
        return self._before[photo.name]

    def _append(self, photo: Photo, state: State, seconds: float, clicks: int) -> None:
        when = datetime.now(timezone.utc).isoformat(timespec="seconds")
        entry = Entry(photo.name, state, self.sitting, when, round(seconds, 1), clicks)
        add_entry(self._log, entry)
        self._entries.append(entry)


def state_of(logged: State | None, *, saved: bool) -> State:
    """Return the state of a photo from its last entry and whether its mask is saved.

    A mask without an entry was made elsewhere, and an entry without its mask is out of date.
    """
    if saved:
        return "corrected" if logged in (None, "untouched") else logged
    return "skipped" if logged == "skipped" else "untouched"


def _version(content: bytes | None) -> str:
    return NEW if content is None else hashlib.sha256(content).hexdigest()[:24]


def edit_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the (h, w) at which a photo of (H, W) is shown and edited."""
    shrink = min(1.0, LONGEST_SIDE / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def _merged(before: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the previous mask with the pixels changed in an edited mask, at the photo's size."""
    if labels.shape == before.shape:
        return labels
    changed = fitted((labels != fitted(before, labels.shape)).astype(np.uint8), before.shape)
    return np.where(changed == 1, fitted(labels, before.shape), before)
