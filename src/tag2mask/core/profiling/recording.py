"""Recording of the work of all threads.

The thread that records is the main one. Its wall time is divided among the kinds of work, so that
they sum up to at most that of the whole. Time in which it waits for other threads is divided among
the kinds of work that these do.

CPU time is that of all threads. Threads of libraries (OpenMP, ONNX Runtime) work for the main
thread: their CPU time is that of the process without the threads that record work of their own.

Kernels of a GPU run on after their call: their time appears where a result is waited for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tag2mask.core.profiling.kinds import WAIT
from tag2mask.core.profiling.ledger import Ledger, Spent, ThreadClock


class Recording:
    """The work of all threads while something is recorded."""

    def __init__(self) -> None:
        """Begin with the calling thread as the main one."""
        self._lock, self._own = threading.Lock(), threading.local()
        self._clocks: list[ThreadClock] = []
        self._others: list[Ledger] = []
        self._process = time.process_time()
        self._main = Ledger(self._main_cpu)
        self._own.ledger = self._main

    def ledger(self) -> Ledger:
        """Return the ledger of the calling thread."""
        try:
            own: Ledger = self._own.ledger
        except AttributeError:
            clock = ThreadClock()
            own = self._own.ledger = Ledger(clock.own)
            with self._lock:
                self._clocks.append(clock)
                self._others.append(own)
        return own

    def _main_cpu(self) -> float:
        """Return the CPU time of the process without that of the other threads with a ledger."""
        return time.process_time() - sum(clock.from_outside() for clock in self._clocks)

    def total(self) -> dict[str, Spent]:
        """Return the work of all threads by kind; blocks that are still open are incomplete."""
        busy = _merged(self._others)
        total = _merged([self._main])
        waited = total.pop(WAIT, Spent())
        working = sum(spent.seconds for kind, spent in busy.items() if kind != WAIT)
        shared = min(waited.seconds, working)
        for kind, spent in busy.items():
            spent.seconds *= shared / working if working and kind != WAIT else 0
            total.setdefault(kind, Spent()).add(spent)
        waited.seconds -= shared
        if waited.seconds > 1e-6:
            total.setdefault(WAIT, Spent()).add(waited)
        return total


def _merged(ledgers: list[Ledger]) -> dict[str, Spent]:
    total: dict[str, Spent] = {}
    for ledger in list(ledgers):
        for kind, spent in list(ledger.spent.items()):
            total.setdefault(kind, Spent()).add(spent)
    return total


_active: Recording | None = None


class work:  # noqa: N801  (used as a function; a class costs half of what a generator does)
    """Attribute the time of a block to a kind of work.

    Blocks can be nested; the time of the inner one then counts as its own alone.
    """

    __slots__ = ("_kind", "_ledger")

    def __init__(self, kind: str) -> None:
        """Name the kind of work, one of `KINDS`."""
        self._kind = kind

    def __enter__(self) -> None:
        """Begin the block."""
        recording = _active
        self._ledger = recording.ledger() if recording else None
        if self._ledger:
            self._ledger.enter(self._kind)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the block."""
        if self._ledger:
            self._ledger.leave()


def count(
    kind: str, *, photos: int = 0, operations: float = 0, moved_bytes: float = 0
) -> None:
    """Count amounts of a kind of work whose time is measured by `work`."""
    if _active:
        spent = _active.ledger().spent[kind]
        spent.photos += photos
        spent.operations += operations
        spent.bytes += moved_bytes


def recording() -> bool:
    """Return whether work is being recorded, for measurements that cost time themselves."""
    return _active is not None


@contextmanager
def recorded_work() -> Iterator[Recording]:
    """Record the work of all threads until the end of the block; one recording at a time."""
    global _active
    outer, _active = _active, Recording()
    try:
        yield _active
    finally:
        _active = outer
