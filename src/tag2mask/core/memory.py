"""The memory of this process: its peak, and memory that is free but not returned to the system."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import resource

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_ALLOCATOR = {_M_MMAP_THRESHOLD: 32 * 2**20, _M_TRIM_THRESHOLD: 2**30}
"""Settings of glibc's allocator (malloc.h), in bytes: the largest size of freed blocks that are
kept, at most what it accepts, and how much free memory is kept."""
_NO_GLIBC = (OSError, AttributeError, TypeError)
"""Errors of the calls below with another C library or on another system."""


def forget_peak() -> None:
    """Reset the peak of memory usage, on Linux only."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process, in MiB, since it was last reset.

    0 on Windows, which has no such count.
    """
    if sys.platform == "win32":
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def keep_freed_memory() -> None:
    """Let this process keep large freed blocks for its next allocations, until `release_memory`.

    A training step allocates the same large arrays again and again. By default glibc returns each
    to the system, which has to clear it anew: a twentieth of the CPU time of the demo.
    Does nothing with another libc, or if the environment sets the allocator.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ):
        return
    with suppress(*_NO_GLIBC):
        allocator = ctypes.CDLL(None)
        for parameter, value in _ALLOCATOR.items():
            allocator.mallopt(parameter, value)


def release_memory() -> None:
    """Return memory that is no longer used to the system.

    The allocator of glibc keeps freed blocks between blocks in use: after a training more than a
    gigabyte, which the next stage then adds to. Elsewhere only unreachable objects are freed.
    """
    gc.collect()
    with suppress(*_NO_GLIBC):
        ctypes.CDLL(None).malloc_trim(0)
