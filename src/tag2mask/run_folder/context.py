"""What every stage is given, and the record that it leaves behind."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tag2mask.annotation.costs import AnnotationConfig
from tag2mask.core.progress import Progress
from tag2mask.data.damage import reading
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.artifacts import RunFolder, write_json


@dataclass(frozen=True, kw_only=True)
class Context:
    """One run, as a stage sees it."""

    run: RunFolder
    dataset: Dataset
    seed: int = 0
    device: str = "auto"
    workers: int = 1
    annotation: AnnotationConfig = field(default_factory=AnnotationConfig)
    """What annotations are estimated to cost."""
    progress: Progress = field(default_factory=Progress)


@dataclass
class Record:
    """What a stage says about itself in `stages/<name>.json`: protocol, warnings, cost."""

    about: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def record_file(run: RunFolder, stage: str) -> Path:
    """Return the path of a stage's record."""
    return run.root / "stages" / f"{stage}.json"


_KINDS: dict[str, type | tuple[type, ...]] = {
    "fingerprint": str, "done": bool, "seconds": (int, float), "peak_memory_mb": (int, float),
    "about": dict, "warnings": list,
}


def read_record(run: RunFolder, stage: str) -> dict[str, Any]:
    """Read the record of a stage, {} where there is none.

    Raises:
        InputError: the file is damaged.
    """
    path = record_file(run, stage)
    record = run.read_json(path)
    with reading(path):
        for key, kind in _KINDS.items():
            if record and not isinstance(record[key], kind):
                raise TypeError(f"{key} is {record[key]!r}")
    return record


@contextmanager
def recorded(run: RunFolder, stage: str, fingerprint: str) -> Iterator[Record]:
    """Time a stage; when it succeeds, leave its record with `done` true.

    Seconds of attempts that were interrupted, or that files are missing of, are added up, so that
    the report tells the whole cost.
    """
    path = record_file(run, stage)
    before = read_record(run, stage)
    spent = before.get("seconds", 0.0) if before.get("fingerprint") == fingerprint else 0.0
    record, start = Record(), time.monotonic()
    _forget_peak()

    def leave(done: bool) -> None:
        write_json(path, {
            "fingerprint": fingerprint, "done": done,
            "seconds": round(spent + time.monotonic() - start, 2),
            "peak_memory_mb": round(_peak_memory_mb()), "about": record.about,
            "warnings": record.warnings,
        })

    leave(False)
    try:
        yield record
    except BaseException:
        leave(False)
        raise
    leave(True)


def _forget_peak() -> None:
    """Let the peak of memory begin anew, where the system can: on Linux."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_memory_mb() -> float:
    """Return the largest resident memory of this process, in MiB, since it was last forgotten."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
