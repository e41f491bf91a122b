"""The time that one thread spends on each kind of work."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Spent:
    """The time and amounts of one kind of work.

    Attributes:
        seconds: wall time.
        cpu_seconds: CPU time.
        calls: number of blocks.
        photos: number of photos, if the blocks count them.
        operations: number of floating-point operations, if known.
        bytes: number of bytes written or moved, if known.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    calls: int = 0
    photos: int = 0
    operations: float = 0.0
    bytes: float = 0.0

    def add(self, other: Spent) -> None:
        """Add the time and amounts of `other`."""
        self.seconds += other.seconds
        self.cpu_seconds += other.cpu_seconds
        self.calls += other.calls
        self.photos += other.photos
        self.operations += other.operations
        self.bytes += other.bytes


class ThreadClock:
    """The CPU time of one thread, which other threads can read too where the system allows it."""

    def __init__(self) -> None:
        """Start at 0 in the calling thread."""
        find = getattr(time, "pthread_getcpuclockid", None)  # neither macOS nor Windows has it
        self._clock = find(threading.get_ident()) if find else None
        self._start = self._last = 0.0
        self._start = self.own()

    def own(self) -> float:
        """Return the CPU seconds of the calling thread, which must be the one of this clock."""
        self._last = max(self._last, time.thread_time() - self._start)
        return self._last

    def from_outside(self) -> float:
        """Return the CPU seconds of the thread; after its end, those that were read last."""
        if self._clock is not None:
            try:
                self._last = max(self._last, time.clock_gettime(self._clock) - self._start)
            except OSError:  # the thread has ended
                self._clock = None
        return self._last


class Ledger:
    """The kinds of work that a thread is in, and the time of each without the inner ones."""

    def __init__(self, cpu: Callable[[], float]) -> None:
        """Create an empty ledger; `cpu` returns the CPU seconds that the thread accounts for."""
        self.spent: defaultdict[str, Spent] = defaultdict(Spent)
        self._cpu, self._open = cpu, list[Spent]()
        self._wall_mark = self._cpu_mark = 0.0

    def enter(self, kind: str) -> None:
        """Begin a block, whose time no longer counts as that of the enclosing one."""
        self._settle()
        spent = self.spent[kind]
        spent.calls += 1
        self._open.append(spent)

    def leave(self) -> None:
        """End the innermost block."""
        self._settle()
        self._open.pop()

    def _settle(self) -> None:
        """Add the time since the last change to the innermost block."""
        wall, cpu = time.perf_counter(), self._cpu()
        if self._open:
            self._open[-1].seconds += wall - self._wall_mark
            self._open[-1].cpu_seconds += max(0.0, cpu - self._cpu_mark)
        self._wall_mark, self._cpu_mark = wall, cpu
