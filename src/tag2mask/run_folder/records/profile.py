"""The content of profile.json: where the time of a run went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class MachineLimits:
    """What the machine reaches in simple operations, measured at the start of a run."""

    threads: int
    """Threads of the measurement, which are those of torch."""
    operations_per_second: float
    """Floating-point operations per second of a matrix product in float32."""
    bytes_per_second: float
    """Bytes per second that a copy in memory reads and writes."""


@dataclass(frozen=True, kw_only=True)
class WorkProfile:
    """The cost of one kind of work in a stage."""

    seconds: float
    """Its share of the stage's wall time; all kinds sum up to at most that."""
    cpu_seconds: float
    """CPU time of all threads."""
    calls: int
    share_of_limit: float | None = None
    """Operations or bytes per second, as a share of the machine's limit; None if unknown."""


@dataclass(frozen=True, kw_only=True)
class StageProfile:
    """The cost of a stage."""

    name: str
    seconds: float
    """Wall time; for a stage with `earlier`, of all attempts."""
    cpu_seconds: float | None
    """CPU time of all threads and ended child processes; None if it was not measured."""
    peak_memory_mb: float
    """Largest resident memory, in MiB."""
    bytes_written: float = 0
    """Size of all files written."""
    photos: int = 0
    """Number of photos read or masks written, with repetitions."""
    earlier: bool = False
    """Whether the stage was done by an earlier command."""
    seconds_before: float = 0
    """Wall time of earlier attempts that were interrupted."""
    work: Mapping[str, WorkProfile] = field(default_factory=dict)
    """By kind, of `core.profiling.KINDS`."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The costs of all stages of a run, in the order in which they ran."""

    version: str
    """Version of tag2mask."""
    limits: MachineLimits
    seconds: float
    """Wall time of the command so far, including everything between the stages."""
    stages: tuple[StageProfile, ...]
