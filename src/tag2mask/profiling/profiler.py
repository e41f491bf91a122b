"""Measure the stages of a run, and write `profile.json` and `profile.html`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from tag2mask import __version__
from tag2mask.core.json_records import read_record, write_record
from tag2mask.core.memory import forget_peak, peak_memory_mb, release_memory
from tag2mask.core.profiling import WRITE, Spent, recorded_work
from tag2mask.profiling.limits import measure_limits, share_of_limit
from tag2mask.profiling.page import write_page
from tag2mask.run_folder.context import read_record as read_stage_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import MachineLimits, Profile, StageProfile, WorkProfile
from tag2mask.stages import STAGES


class Profiler:
    """Measures the stages of one run."""

    def __init__(self, run: RunFolder) -> None:
        """Measure the limits of the machine, and read the profile of an earlier command."""
        self._run, self._start = run, time.perf_counter()
        self._limits = measure_limits()
        kept = read_record(run.profile, Profile)
        self._before = {stage.name: stage for stage in kept.stages} if kept else {}
        self._stages: dict[str, StageProfile] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage, and write the profile after it unless it fails."""
        record = read_stage_record(self._run, name)
        before = record.seconds if record and not record.done else 0.0
        release_memory()
        forget_peak()
        start, cpu = time.perf_counter(), _cpu_seconds()
        with recorded_work() as recording:
            try:
                yield
            finally:
                self._stages[name] = _stage_profile(
                    StageProfile(
                        name=name, seconds=round(time.perf_counter() - start, 3),
                        cpu_seconds=round(_cpu_seconds() - cpu, 3),
                        peak_memory_mb=round(peak_memory_mb()), seconds_before=before,
                    ), recording.total(), self._limits)
        self.write()

    def write(self) -> None:
        """Write `profile.json` and `profile.html`, with stages that were done earlier."""
        profile = Profile(
            version=__version__, limits=self._limits,
            seconds=round(time.perf_counter() - self._start, 3), stages=tuple(self._all()),
        )
        write_record(self._run.profile, profile)
        write_page(self._run, profile)

    def _all(self) -> Iterator[StageProfile]:
        """Yield the stages in their order; those before the first are what precedes all stages."""
        names = [stage.name for stage in STAGES]
        yield from (stage for name, stage in self._stages.items() if name not in names)
        for name in names:
            if name in self._stages:
                yield self._stages[name]
            elif earlier := self._earlier(name):
                yield earlier

    def _earlier(self, name: str) -> StageProfile | None:
        """Return the cost of a stage that this command did not run; None if it is not done."""
        record = read_stage_record(self._run, name)
        if record is None or not record.done:
            return None
        if kept := self._before.get(name):
            return replace(kept, earlier=True)
        return StageProfile(name=name, seconds=record.seconds, cpu_seconds=None,
                            peak_memory_mb=record.peak_memory_mb, earlier=True)


def _stage_profile(
    stage: StageProfile, spent: Mapping[str, Spent], limits: MachineLimits
) -> StageProfile:
    """Complete the profile of a stage by its kinds of work."""
    work = {
        kind: WorkProfile(
            seconds=round(one.seconds, 3), cpu_seconds=round(one.cpu_seconds, 3), calls=one.calls,
            share_of_limit=share_of_limit(kind, one, limits),
        )
        for kind, one in sorted(spent.items(), key=lambda pair: -pair[1].seconds) if one.calls
    }
    return replace(
        stage, work=work, photos=max((one.photos for one in spent.values()), default=0),
        bytes_written=spent[WRITE].bytes if WRITE in spent else 0,
    )


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its ended child processes."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
