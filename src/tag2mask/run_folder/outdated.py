"""Whether the masks of a run are those of its present stages, or older."""

from __future__ import annotations

from itertools import pairwise

from tag2mask.run_folder.context import read_record, record_file
from tag2mask.run_folder.folder import RunFolder

_STAGES = ("sharpen", "label", "segment", "evaluate")
"""The stages that decide what the masks are, the one that writes them last."""

_MARGIN = 2
"""Seconds by which a record has to be newer: the files of a copied run are of almost one time."""


def why_outdated(run: RunFolder) -> str:
    """Say why the network's and final masks of a run are incomplete or old; "" if they are not."""
    left = read_record(run, "evaluate")
    if left is None or not left.done:
        return (f"{run.root} is not finished, so masks may be missing or old; run "
                f"`tag2mask evaluate {run.root}`.")
    ended = [(stage, _ended(run, stage)) for stage in _STAGES]
    known = [(stage, time) for stage, time in ended if time is not None]
    for (stage, time), (_, after) in pairwise(known):
        if time > after + _MARGIN:
            later = _STAGES[_STAGES.index(stage) + 1 :]
            commands = " && ".join(f"tag2mask {name} {run.root}" for name in later)
            return (f"The network's and final masks of {run.root} are older than its {stage}; run "
                    f"`{commands}`.")
    return ""


def _ended(run: RunFolder, stage: str) -> float | None:
    """Return when a stage ended; None if its record does not say so, as after `--keep small`."""
    record = read_record(run, stage)
    if record is None or record.trimmed:
        return None
    return record_file(run, stage).stat().st_mtime
