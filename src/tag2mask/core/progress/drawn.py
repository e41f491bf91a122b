"""Progress on a terminal. Imports rich, so it is imported only if a bar is drawn."""

from __future__ import annotations

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class DrawnBar:
    """One row of a live display."""

    def __init__(self, drawing: Progress, task: TaskID) -> None:
        """Create a bar for the row `task` of `drawing`."""
        self._drawing, self._task = drawing, task

    def advance(self, number: int = 1) -> None:
        """Add `number` to the completed units."""
        self._drawing.advance(self._task, number)

    def note(self, text: str) -> None:
        """Show a short text at the end of the row."""
        self._drawing.update(self._task, note=text)


class Rate(ProgressColumn):
    """Column with the rate in units per second."""

    def render(self, task: Task) -> Text:
        """Return the rate; empty if it is unknown."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.3g}/s" if speed else "", style="cyan")


def make_drawing(console: Console) -> Progress:
    """Define the columns: name, bar, count, rate, time left (or elapsed, at the end), note."""
    return Progress(
        TextColumn("{task.description:<9}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.completed}/{task.total} {task.fields[unit]}", markup=False),
        Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
    )
