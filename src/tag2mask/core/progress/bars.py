"""The interface of progress bars, and the one that shows nothing."""

from __future__ import annotations

from typing import Protocol


class Bar(Protocol):
    """Through which a stage reports its progress."""

    def advance(self, number: int = 1) -> None:
        """Count `number` more units as done."""

    def note(self, text: str) -> None:
        """Show a few words beside the bar, such as the loss, in place of the last ones."""


class NoBar:
    """Shows nothing: for use from Python, and for --quiet."""

    def advance(self, number: int = 1) -> None:
        """Count nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""
