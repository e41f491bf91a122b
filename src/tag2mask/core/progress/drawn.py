"""Progress on a terminal. Loads rich, so it is only imported where a bar is drawn."""

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
    """One row of a live drawing."""

    def __init__(self, drawing: Progress, task: TaskID) -> None:
        """Represent the row `task` of `drawing`."""
        self._drawing, self._task = drawing, task

    def advance(self, number: int = 1) -> None:
        """Count `number` more units as done."""
        self._drawing.advance(self._task, number)

    def note(self, text: str) -> None:
        """Show a few words at the end of the row."""
        self._drawing.update(self._task, note=text)


class Rate(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        """Write the rate, or nothing while it is not known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.3g}/s" if speed else "", style="cyan")


def make_drawing(console: Console) -> Progress:
    """Lay out the rows: name, bar, count, rate, time left (or taken, at the end), note."""
    return Progress(
        TextColumn("{task.description:<9}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.completed}/{task.total} {task.fields[unit]}", markup=False),
        Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
    )
