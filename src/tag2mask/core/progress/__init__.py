"""Progress reports: a live bar on a terminal, plain lines elsewhere, always on stderr."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TextIO

from tag2mask.core.escaping import printable
from tag2mask.core.processes.state import is_first
from tag2mask.core.progress.bars import Bar, NoBar
from tag2mask.core.progress.lines import Lines, spoken
from tag2mask.core.progress.shared import sent, whole
from tag2mask.core.wording import agreed, singular

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

__all__ = ["Bar", "Progress", "Verbosity", "spoken"]

Verbosity = Literal["silent", "quiet", "normal", "verbose"]


class Progress:
    """Reports progress and warnings; all stages share one.

    `silent`, the default, is for use from Python: nothing is shown, and a warning is an ordinary
    Python warning. `quiet` shows only warnings; `verbose` adds details and prints a line for every
    percent. Of several processes, only the first reports anything.
    """

    def __init__(
        self,
        verbosity: Verbosity = "silent",
        *,
        stream: TextIO | None = None,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the verbosity and the output.

        Args:
            verbosity: the amount of output.
            stream: the output stream; stderr by default.
            live: whether to draw bars; by default, if the stream is a terminal.
            clock: returns seconds from any origin.
        """
        self.verbosity = verbosity
        self._stream = stream
        self._live = live
        self._clock = clock
        self._drawing: RichProgress | None = None

    @contextmanager
    def stage(
        self, name: str, *, total: int, unit: str = "photos", done: int = 0, shared: bool = False
    ) -> Iterator[Bar]:
        """Show the progress of work of known length.

        Args:
            name: name of the task, one or two words.
            total: number of units.
            unit: name of the unit, in the plural.
            done: number of units done by an earlier, interrupted run; excluded from the rate.
            shared: whether all processes share the work; then the bar counts the units of all, and
                the block ends in all when the last has finished.

        Yields:
            the bar to advance.
        """
        if shared and not is_first():
            with sent(name) as bar:
                yield bar
            return
        with self._shown(name, total, unit, done) as bar:
            if shared:
                with whole(bar, name, total - done) as bar:
                    yield bar
            else:
                yield bar

    @contextmanager
    def _shown(self, name: str, total: int, unit: str, done: int) -> Iterator[Bar]:
        if self.verbosity in ("silent", "quiet") or not is_first() or not total:
            yield NoBar()
        elif self._on_terminal():
            with self._drawn(name, total, unit, done) as bar:
                yield bar
        else:
            parts = 100 if self.verbosity == "verbose" else 10
            with Lines(self.say, self._clock, name, total, unit, done, parts) as lines:
                yield lines

    def say(self, text: str) -> None:
        """Print a line."""
        if self.verbosity in ("normal", "verbose"):
            self._print(text)

    def detail(self, text: str) -> None:
        """Print a line if `verbose`."""
        if self.verbosity == "verbose":
            self._print(text)

    def warn(self, text: str) -> None:
        """Print a warning, also if `quiet`."""
        if not is_first():
            return
        if self.verbosity == "silent":
            warnings.warn(text, stacklevel=2)
        else:
            self._print(f"Warning: {text}", style="yellow")

    def _on_terminal(self) -> bool:
        return (self._stream or sys.stderr).isatty() if self._live is None else self._live

    def _print(self, text: str, style: str | None = None) -> None:
        if not is_first():
            return
        text = agreed(printable(text))
        if self._on_terminal():
            console = self._drawing.console if self._drawing else self._console()
            console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
        else:
            (self._stream or sys.stderr).write(text + "\n")
            (self._stream or sys.stderr).flush()

    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=self._stream or sys.stderr, force_terminal=self._live)

    @contextmanager
    def _drawn(self, name: str, total: int, unit: str, done: int) -> Iterator[Bar]:
        from tag2mask.core.progress.drawn import DrawnBar, make_drawing

        outer = self._drawing
        drawing = outer or make_drawing(self._console())
        self._drawing = drawing
        unit = singular(unit) if total == 1 else unit
        task = drawing.add_task(name, total=total, completed=done, unit=unit, note="")
        try:
            if outer is None:
                drawing.start()
            yield DrawnBar(drawing, task)
        finally:
            self._drawing = outer
            if outer is None:
                drawing.stop()
