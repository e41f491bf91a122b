"""What every bar can do, and the one that shows nothing."""

from __future__ import annotations

from typing import Protocol


class Bar(Protocol):
    """What a stage is given to tell how far it is."""

    def advance(self, number: int = 1) -> None:
        """Count `number` more units as done."""

    def note(self, text: str) -> None:
        """Show a few words beside the bar, such as the loss, in place of the last ones."""


class NoBar:
    """Nothing to see: for use from Python, and for --quiet."""

    def advance(self, number: int = 1) -> None:
        """Count nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""
