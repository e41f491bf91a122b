"""What `inspect --deep` found, as tables for a terminal, and what it needs to be told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from tag2mask.cli.tables import make_table

if TYPE_CHECKING:
    from tag2mask.diagnosis.diagnosis import Diagnosis

_MOST = 5


def check_options(deep: bool, run: Path | None, out: Path | None) -> None:
    """Refuse options that do not go together.

    Raises:
        InputError: --deep has no --out, or --run or --out no --deep.
    """
    from tag2mask.core.contracts import InputError

    if deep and out is None:
        raise InputError("--deep writes a page; say where, as in --out runs/diagnosis.")
    if not deep and (run or out):
        raise InputError("--run and --out belong to --deep; add --deep, or leave them out.")


def diagnosis_parts(made: Diagnosis, page: Path) -> Iterator[RenderableType]:
    """Lay out the first findings of every section, and say where all of them are."""
    for section in made.sections:
        total = len(section.findings)
        yield Text(f"\n{section.title}: {total:,}" if total else f"\n{section.title}: none",
                   style="bold")
        if total:
            table = make_table("Found", "Photo", "What to do")
            for one in section.findings[:_MOST]:
                named = made.dataset.photos[one.shots[0].photo].name if one.shots else ""
                table.add_row(*(Text(cell) for cell in (one.what, named, one.advice)))
            yield table
        if total > _MOST:
            yield Text(f"and {total - _MOST:,} more")
        if section.note:
            yield Text(section.note)
    yield Text(f"\nWith pictures: {page}")
