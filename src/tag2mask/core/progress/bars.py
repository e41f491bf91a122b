"""The interface of progress bars, and the one that shows nothing."""

from __future__ import annotations

from typing import Protocol


class Bar(Protocol):
    """Interface through which a stage reports its progress."""

    def advance(self, number: int = 1) -> None:
        """Add `number` to the completed units."""

    def note(self, text: str) -> None:
        """Show a short text next to the bar, such as the loss, replacing the previous one."""


class NoBar:
    """A bar that shows nothing, for use from Python and for --quiet."""

    def advance(self, number: int = 1) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""
