"""The context that every stage receives, and the record that it writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tag2mask.annotation.costs import AnnotationConfig
from tag2mask.core import json_records
from tag2mask.core.files import write_text
from tag2mask.core.json_fields import to_json
from tag2mask.core.memory import forget_peak, peak_memory_mb, release_memory
from tag2mask.core.processes import is_first
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import StageAbout, StageRecord
from tag2mask.run_folder.records.old_form import old_record

A = TypeVar("A", bound=StageAbout)


@dataclass(frozen=True, kw_only=True)
class Context:
    """A run: its folder, its data, and the device and threads to use."""

    run: RunFolder
    dataset: Dataset
    seed: int = 0
    device: str = "auto"
    workers: int = 1
    annotation: AnnotationConfig = field(default_factory=AnnotationConfig)
    """Estimated costs of annotations."""
    progress: Progress = field(default_factory=Progress)


@dataclass
class Record:
    """Results and warnings that a stage reports while it runs."""

    about: StageAbout | None = None
    warnings: list[str] = field(default_factory=list)
    apart: dict[str, float] = field(default_factory=dict)
    """Seconds of work of another kind than that of the stage."""

    @contextmanager
    def other_work(self, what: str) -> Iterator[None]:
        """Account for the time of a block as another kind of work, as in "exporting"."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.apart[what] = self.apart.get(what, 0.0) + time.monotonic() - start


def record_file(run: RunFolder, stage: str) -> Path:
    """Return the path of a stage's record."""
    return run.root / "stages" / f"{stage}.json"


def read_record(run: RunFolder, stage: str) -> StageRecord | None:
    """Read the record of a stage; None if there is none.

    Raises:
        InputError: the file is damaged.
    """
    return json_records.read_record(record_file(run, stage), StageRecord)


def read_about(run: RunFolder, kind: type[A]) -> A:
    """Read the results in the record of a stage.

    Args:
        run: the run folder.
        kind: the dataclass, which defines the stage.

    Raises:
        InputError: the stage did not run, or its record is damaged.
    """
    return json_records.need_record(
        record_file(run, kind.stage), kind, key="about", old_form=old_record,
        fix=f"run `tag2mask {kind.stage} {run.root}`",
    )


def find_about(run: RunFolder, kind: type[A]) -> A | None:
    """Read the results in the record of a stage; None if it has not run.

    Raises:
        InputError: the record is damaged.
    """
    return None if read_record(run, kind.stage) is None else read_about(run, kind)


def copy_record(source: RunFolder, target: RunFolder, stage: str) -> None:
    """Copy the record of a stage from another run."""
    text = record_file(source, stage).read_text(encoding="utf-8")
    write_text(record_file(target, stage), text)


def mark_trimmed(run: RunFolder, stage: str) -> None:
    """Note in the record of a stage that its disposable files are removed on purpose."""
    path = record_file(run, stage)
    json_records.write_json(path, {**json_records.read_json(path), "trimmed": True})


@contextmanager
def recorded(run: RunFolder, stage: str, fingerprint: str) -> Iterator[Record]:
    """Measure a stage, and write its record; `done` is true if it has succeeded.

    Memory that earlier stages left unused is released first, which is not a part of the stage. Of
    several processes, only the first writes a record.

    The seconds of earlier attempts with the same fingerprint are included, so that the report
    shows the total cost.
    """
    release_memory()
    if not is_first():
        yield Record()
        return
    before = read_record(run, stage)
    again = before if before and before.fingerprint == fingerprint else None
    spent = again.seconds if again else 0.0
    record, start = Record(apart=dict(again.apart) if again else {}), time.monotonic()
    forget_peak()

    def write(done: bool) -> None:
        _write(run, stage, record, StageRecord(
            fingerprint=fingerprint, done=done, warnings=tuple(record.warnings),
            seconds=round(spent + time.monotonic() - start, 2),
            peak_memory_mb=round(peak_memory_mb()),
            apart={what: round(seconds, 2) for what, seconds in record.apart.items()},
        ))

    write(False)
    try:
        yield record
    except BaseException:
        write(False)
        raise
    write(True)


def _write(run: RunFolder, stage: str, record: Record, cost: StageRecord) -> None:
    about = {"about": to_json(record.about) if record.about else {}}
    json_records.write_record(record_file(run, stage), cost, **about)
