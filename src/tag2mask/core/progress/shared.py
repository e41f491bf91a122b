"""Progress of work that several processes share, as one bar in the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from tag2mask.core.processes.collectives import barrier
from tag2mask.core.processes.state import state
from tag2mask.core.progress.bars import Bar, NoBar


class _Sent(NoBar):
    """Reports completed units to the first process."""

    def __init__(self, name: str) -> None:
        self._name = name

    def advance(self, number: int = 1) -> None:
        """Report `number` units."""
        if state.group:
            state.group.line.advance(self._name, number)


class _Whole:
    """Adds up the units of all processes, which are reported in several threads."""

    def __init__(self, bar: Bar, name: str, left: int) -> None:
        self._bar, self._name, self._left, self._lock = bar, name, left, Lock()

    def advance(self, number: int = 1) -> None:
        """Add units of this process."""
        with self._lock:
            self._left -= number
            self._bar.advance(number)

    def take(self, name: str, number: int) -> None:
        """Add units of another process."""
        if name == self._name:
            self.advance(number)

    def complete(self) -> None:
        """Add the units whose report is still on its way."""
        if self._left > 0:
            self.advance(self._left)

    def note(self, text: str) -> None:
        """Show a text."""
        self._bar.note(text)


@contextmanager
def sent(name: str) -> Iterator[Bar]:
    """Yield the bar of a process other than the first; wait for the others at the end."""
    yield _Sent(name)
    barrier()


@contextmanager
def whole(bar: Bar, name: str, left: int) -> Iterator[Bar]:
    """Yield a bar that counts the units of all processes; wait for the others at the end."""
    group = state.group
    if group is None:
        yield bar
        return
    one = _Whole(bar, name, left)
    before, group.line.on_advance = group.line.on_advance, one.take
    early = group.line.take_advanced(name)
    if early:
        one.advance(early)
    try:
        yield one
        barrier()
    finally:
        group.line.on_advance = before
    one.complete()
