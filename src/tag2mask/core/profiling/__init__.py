"""Attribution of time to kinds of work, for `tag2mask run --profile`.

Code that does a kind of work encloses it in `with work(FORWARD):`. Unless something is recorded,
this costs a fraction of a microsecond.
"""

from __future__ import annotations

from tag2mask.core.profiling.kinds import (
    BACKWARD,
    CHOOSE,
    COMPILE,
    CRF,
    DECIDE,
    EXPORT,
    FORWARD,
    KINDS,
    LOAD,
    MAPS,
    OPTIMISE,
    PREDICT,
    PREPARE,
    READ,
    SCORE,
    VALIDATE,
    WAIT,
    WRITE,
)
from tag2mask.core.profiling.ledger import Spent
from tag2mask.core.profiling.operations import Repeated, moved_by_step, operations_per_pixel
from tag2mask.core.profiling.recording import count, recorded_work, recording, work

__all__ = [
    "BACKWARD",
    "CHOOSE",
    "COMPILE",
    "CRF",
    "DECIDE",
    "EXPORT",
    "FORWARD",
    "KINDS",
    "LOAD",
    "MAPS",
    "OPTIMISE",
    "PREDICT",
    "PREPARE",
    "READ",
    "SCORE",
    "VALIDATE",
    "WAIT",
    "WRITE",
    "Repeated",
    "Spent",
    "count",
    "moved_by_step",
    "operations_per_pixel",
    "recorded_work",
    "recording",
    "work",
]
