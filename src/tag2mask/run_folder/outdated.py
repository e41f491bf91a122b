"""Whether the masks of a run are those of its present stages, or older."""

from __future__ import annotations

from tag2mask.run_folder.context import read_about, read_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import EvaluateAbout

_STAGES = ("classify", "activate", "sharpen", "label", "segment")
"""The stages that decide what the masks are, before the one that writes them."""


def fingerprints(run: RunFolder) -> dict[str, str]:
    """Return the fingerprints of the stages that are done and decide what the masks are."""
    records = ((stage, read_record(run, stage)) for stage in _STAGES)
    return {stage: record.fingerprint for stage, record in records if record and record.done}


def why_outdated(run: RunFolder) -> str:
    """Say why the network's and final masks of a run are incomplete or old; "" if they are not.

    Runs of earlier versions do not say from which stages their masks are.
    """
    left = read_record(run, "evaluate")
    if left is None or not left.done:
        return (f"{run.root} is not finished, so masks may be missing or old; run "
                f"`tag2mask evaluate {run.root}`.")
    made_from, now = read_about(run, EvaluateAbout).fingerprints, fingerprints(run)
    changed = [stage for stage in _STAGES if made_from and made_from.get(stage) != now.get(stage)]
    if not changed:
        return ""
    first = _STAGES.index(changed[0])
    if changed[0] in now:  # it is done, so what has to run is what comes after it
        first += 1
    commands = " && ".join(f"tag2mask {name} {run.root}" for name in (*_STAGES, "evaluate")[first:])
    return (f"The network's and final masks of {run.root} are older than its {changed[0]}; run "
            f"`{commands}`.")
