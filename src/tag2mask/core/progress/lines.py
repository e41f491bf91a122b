"""Progress without a terminal, as in a log file, a pipe, or on a build server."""

from __future__ import annotations

from collections.abc import Callable

from tag2mask.core.wording import singular

_EVERY_SECONDS = 30.0
_AT_MOST_EVERY = 1.0


class Lines:
    """Prints a line at the start, about every tenth of the work or half minute, and at the end."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float], name: str,
                 total: int, unit: str, done: int, parts: int) -> None:
        """Initialise; `parts` is the largest number of lines."""
        self._say, self._clock, self._name, self._unit = say, clock, name, unit
        self._total, self._before, self._done, self._parts = total, done, done, parts
        self._note = ""
        self._start = self._last = clock()

    def __enter__(self) -> Lines:
        """Print the start line."""
        before = f", {self._before} of them done before" if self._before else ""
        self._say(f"{self._name}: {self._of(self._total)}{before}")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Print the end line, or the progress reached if interrupted."""
        if kind is None:
            self._say(f"{self._name}: {self._of(self._done)} in {spoken(self._spent())}"
                      f"{self._rate()}{self._noted()}")
        else:
            self._say(f"{self._name}: stopped at {self._done} of {self._of(self._total)} "
                      f"after {spoken(self._spent())}")

    def advance(self, number: int = 1) -> None:
        """Add `number` to the completed units; print a line from time to time."""
        part = self._part()
        self._done += number
        quiet_for = self._clock() - self._last
        passed = self._part() > part and quiet_for >= _AT_MOST_EVERY
        if self._done < self._total and (passed or quiet_for >= _EVERY_SECONDS):
            self._last = self._clock()
            self._say(self._line())

    def note(self, text: str) -> None:
        """Store a short text for the next line."""
        self._note = text

    def _part(self) -> int:
        return self._done * self._parts // max(self._total, 1)

    def _spent(self) -> float:
        return self._clock() - self._start

    def _line(self) -> str:
        share = 100 * self._done // max(self._total, 1)
        new = self._done - self._before
        left = self._spent() * (self._total - self._done) / max(new, 1)
        return (f"{self._name}: {self._done}/{self._of(self._total)} ({share} %)"
                f"{self._rate()}, {spoken(left)} left{self._noted()}")

    def _of(self, number: int) -> str:
        return f"{number} {singular(self._unit) if number == 1 else self._unit}"

    def _rate(self) -> str:
        new, spent = self._done - self._before, self._spent()
        return f", {new / spent:.3g} {self._unit}/s" if new and spent > 0 else ""

    def _noted(self) -> str:
        return f", {self._note}" if self._note else ""


def spoken(seconds: float) -> str:
    """Format a duration: 0.4 s, 12 s, 5 min 02 s, 1 h 03 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
