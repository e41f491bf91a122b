"""Tables of the findings of `inspect --deep` for a terminal, and validation of its options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from tag2mask.cli.tables import make_table

if TYPE_CHECKING:
    from tag2mask.diagnosis.result import Diagnosis

_MOST = 5
"""Maximum number of findings of each kind to print."""


def check_options(deep: bool, run: Path | None, out: Path | None) -> None:
    """Refuse options that cannot be combined.

    Raises:
        InputError: --deep is given without --out, or --run or --out without --deep.
    """
    from tag2mask.core.contracts import InputError

    if deep and out is None:
        raise InputError("--deep writes a page; add a folder for it, as in --out runs/diagnosis.")
    if not deep and (run or out):
        raise InputError("--run and --out require --deep; add --deep, or omit them.")


def diagnosis_parts(made: Diagnosis, page: Path) -> Iterator[RenderableType]:
    """Yield the first findings of every kind as tables, and the path of the complete report."""
    for section in made.sections:
        total = len(section.findings)
        yield Text(f"\n{section.title}: {total:,}" if total else f"\n{section.title}: none",
                   style="bold")
        if total:
            table = make_table("Problem", "Photo", "What to do")
            for one in section.findings[:_MOST]:
                photo = made.dataset.photos[one.shots[0].photo].name if one.shots else ""
                table.add_row(*(Text(cell) for cell in (one.what, photo, one.advice)))
            yield table
        if total > _MOST:
            yield Text(f"and {total - _MOST:,} more")
        if section.note:
            yield Text(section.note)
    yield Text(f"\nAll findings with photos: {page}")
