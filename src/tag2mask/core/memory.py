"""The memory of this process: its peak, and memory that is free but not returned to the system."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from contextlib import suppress
from pathlib import Path


def forget_peak() -> None:
    """Reset the peak of memory usage, on Linux only."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process, in MiB, since it was last reset."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def release_memory() -> None:
    """Return memory that is no longer used to the system.

    The allocator of glibc keeps freed blocks between blocks in use: after a training more than a
    gigabyte, which the next stage then adds to. Elsewhere only unreachable objects are freed.
    """
    gc.collect()
    with suppress(OSError, AttributeError):  # another libc, or another system
        ctypes.CDLL(None).malloc_trim(0)
