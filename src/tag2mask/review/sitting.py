"""The summary of a review session."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tag2mask.annotation.work_log import Entry, State
from tag2mask.core.contracts import InputError
from tag2mask.core.progress import spoken
from tag2mask.data.dataset import Photo
from tag2mask.review.annotations import Annotations
from tag2mask.review.source import Source
from tag2mask.review.training import Training


@dataclass(frozen=True)
class Done:
    """What a session has made of one photo."""

    state: State
    changed: bool
    """Whether the mask was edited in the session, or differs from the draft of the run."""


def tally(
    source: Source, annotations: Annotations, entries: Sequence[Entry], photos: Sequence[Photo]
) -> dict[str, Done]:
    """Return what the entries of a session have made of each photo, by name.

    Photos that went back to what they were are left out.

    Args:
        source: the source.
        annotations: its masks.
        entries: the entries of the session.
        photos: the photos that the entries are about; others count by their clicks alone.
    """
    known = {photo.name: photo for photo in photos}
    last: dict[str, tuple[State, int]] = {}
    for entry in entries:
        if entry.state == "untouched":
            last.pop(entry.name, None)
        else:
            last[entry.name] = entry.state, entry.clicks + last.get(entry.name, ("", 0))[1]
    return {name: Done(state, clicks > 0 or (
        name in known and _differs(source, annotations, known[name])))
        for name, (state, clicks) in last.items()}


def is_changed(source: Source, annotations: Annotations, photo: Photo) -> bool:
    """Return whether a photo counts as changed in the present session."""
    entries = [entry for entry in annotations.present if entry.name == photo.name]
    return any(done.changed for done in tally(source, annotations, entries, [photo]).values())


def closing(source: Source) -> list[str]:
    """Summarise the last session: number of masks, time spent, and the command to train again.

    Returns:
        Lines for a terminal; [] if no mask was reviewed.
    """
    annotations = Annotations(source)
    entries = [entry for entry in annotations.entries if entry.sitting == annotations.sitting - 1]
    done = tally(source, annotations, entries, source.photos)
    if not done:
        return []
    spent = spoken(sum(entry.seconds for entry in entries))
    return [f"{summary(list(done.values()))} in {spent}.",
            f"Train again: tag2mask {shlex.join(Training(source).words)}"]


def summary(done: Sequence[Done]) -> str:
    """Count the photos by state: "10 accepted, 9 of them changed, 1 corrected only"."""
    states = [each.state for each in done]
    changed = sum(each.changed for each in done if each.state == "accepted")
    others = [f"{states.count(state)} {words}" for state, words in (
        ("corrected", "corrected only"), ("skipped", "skipped")) if state in states]
    of_them = f", {changed} of them changed" * ("accepted" in states)
    return ", ".join([f"{states.count('accepted')} accepted{of_them}", *others])


def _differs(source: Source, annotations: Annotations, photo: Photo) -> bool:
    if not annotations.file(photo).exists():
        return False
    try:
        return not np.array_equal(annotations.mask(photo), source.draft(photo))
    except InputError:  # a file that cannot be read is reported where it is opened
        return False
