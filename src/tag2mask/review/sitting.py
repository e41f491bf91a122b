"""What a sitting came to, in words."""

from __future__ import annotations

import shlex

from tag2mask.core.progress import spoken
from tag2mask.review.annotations import Annotations
from tag2mask.review.source import Source
from tag2mask.review.training import Training


def closing(source: Source) -> list[str]:
    """Say how many masks the last sitting brought, how long it took, and how to train again.

    Returns:
        Lines for a terminal; [] where nothing was done.
    """
    annotations = Annotations(source)
    entries = [entry for entry in annotations.entries if entry.sitting == annotations.sitting - 1]
    if not entries:
        return []
    last = {entry.name: entry.state for entry in entries}
    states = list(last.values())
    spent = spoken(sum(entry.seconds for entry in entries))
    return [f"Accepted {states.count('accepted')}, corrected {states.count('corrected')}, "
            f"skipped {states.count('skipped')} in {spent}.",
            f"Train again: tag2mask {shlex.join(Training(source).words)}"]
