"""The summary of a review session."""

from __future__ import annotations

import shlex

from tag2mask.core.progress import spoken
from tag2mask.review.annotations import Annotations
from tag2mask.review.source import Source
from tag2mask.review.training import Training


def closing(source: Source) -> list[str]:
    """Summarise the last session: number of masks, time spent, and the command to train again.

    Returns:
        Lines for a terminal; [] if no mask was reviewed.
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
