"""Memory that is no longer used goes back to the system, and the peak can be reset."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tag2mask.core.memory import forget_peak, peak_memory_mb, release_memory

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def resident_mb() -> float:
    """Return the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20


@ON_LINUX
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_freed_blocks_between_used_ones_are_returned() -> None:
    """The allocator alone returns only what lies at the end of its heap."""
    blocks = [bytearray(b"x" * 50_000) for _ in range(4000)]
    kept = blocks[::100]
    del blocks
    before = resident_mb()
    release_memory()
    assert resident_mb() < before - 100
    assert all(block[0] == ord("x") for block in kept)


@ON_LINUX
def test_the_peak_is_that_since_the_last_reset() -> None:
    """Of a stage, not of the whole run."""
    large = bytearray(b"x" * 150_000_000)
    with_it = peak_memory_mb()
    del large
    release_memory()
    forget_peak()
    assert peak_memory_mb() < with_it - 100


FAULTS = """
import resource
from tag2mask.core.memory import keep_freed_memory
if {keep}:
    keep_freed_memory()
for _ in range(6):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [b"x" * 20_000_000 for _ in range(10)]
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*, keep: bool, **environment: str) -> int:
    """Count the pages that the system has to give for the same blocks again, in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(keep=keep)], capture_output=True, text=True,
        check=True, env={**os.environ, **environment})
    return int(done.stdout)


@ON_LINUX
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_freed_memory_is_kept_for_the_next_blocks() -> None:
    """Unless the environment sets the allocator."""
    usual = faults(keep=False)
    assert usual > 10_000
    assert faults(keep=True) < usual / 10
    assert faults(keep=True, MALLOC_ARENA_MAX="4") > usual / 2
