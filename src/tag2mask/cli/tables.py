"""Tables of results for a terminal, such as those of `inspect` and `doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from tag2mask.annotation.costs import Amounts, AnnotationConfig
from tag2mask.core.escaping import printable
from tag2mask.core.wording import agreed
from tag2mask.data.annotations.amounts import amounts_by_split
from tag2mask.doctor import Check

if TYPE_CHECKING:
    from tag2mask.data import Dataset, Inspection

_WIDEST_MATRIX = 12
_MOST_SHOWN = 20
_STYLES = {"ok": "green", "note": "yellow", "missing": "red"}


def show(parts: Iterator[RenderableType], console: Console | None = None) -> None:
    """Print tables and lines to stdout or `console`, with control characters neutralised."""
    screen = console or Console(highlight=False)
    for part in parts:
        part = Text(agreed(part.plain), style=part.style) if isinstance(part, Text) else part
        cells = (cell if cell.control else Segment(printable(cell.text), cell.style)
                 for cell in screen.render(part))
        screen.print(Segments(cells), end="")


def make_table(*columns: str, numbers: bool = False) -> Table:
    """Create an empty table; with `numbers`, all columns but the first are right-aligned."""
    table = Table()
    for index, column in enumerate(columns):
        right = numbers and index > 0
        table.add_column(Text(column), justify="right" if right else "left", overflow="fold")
    return table


def doctor_parts(checks: Sequence[Check]) -> Iterator[RenderableType]:
    """Yield a table of the checks of `doctor`, and the command that fixes each failure."""
    table = make_table("", "Found", "Fix")
    for check in checks:
        row = (check.name, check.found, check.fix)
        table.add_row(*(Text(cell) for cell in row), style=_STYLES[check.state])
    yield table


def strategy_parts() -> Iterator[RenderableType]:
    """Yield a table of training strategies: description, cost, and compatible strategies."""
    from tag2mask.strategies import STRATEGIES

    table = make_table("Strategy", "What it does", "Cost", "Stacks with", "From")
    table.columns[0].no_wrap = True  # names must not be wrapped, so that they can be copied
    for name in STRATEGIES.names():
        entry = STRATEGIES.get(name)
        mates = "no other" if entry.alone else "all without a head" if entry.brings_head \
            else "all"
        package = STRATEGIES.package(name)
        origin = "; ".join(filter(None, (entry.paper, package and f"package {package}")))
        table.add_row(*(Text(cell) for cell in (name, entry.idea, entry.cost, mates, origin)))
    yield table
    yield Text("Cost: time of a training step with the default backbone, against plain. "
               "--set classify.strategy=NAME, or several with commas.")


def method_parts() -> Iterator[RenderableType]:
    """Yield tables of map methods and of all other components chosen by name."""
    from tag2mask.api.choices import choices

    table = make_table("Map method", "What it reads")
    table.columns[0].no_wrap = True
    others: dict[tuple[str, str], list[str]] = {}
    for one in choices():
        own = one.package == "tag2mask"
        if one.kind == "map methods":
            about = one.about if own else f"{one.about} (package {one.package})".strip()
            table.add_row(Text(one.name), Text(about))
        else:
            shown = one.name if own else f"{one.name} (package {one.package})"
            others.setdefault((one.kind, one.used_by), []).append(shown)
    yield table
    yield Text("--set activate.method=NAME, or tag2mask explain --method NAME.")
    table = make_table("Also by name", "Taken by", "Names")
    for (kind, used_by), names in others.items():
        table.add_row(Text(kind), Text(used_by), Text(", ".join(names)))
    yield table


def inspection_parts(
    dataset: Dataset, inspection: Inspection, seconds: AnnotationConfig | None = None
) -> Iterator[RenderableType]:
    """Yield tables of the content and the problems of a data set.

    Args:
        dataset: the data set, with all photos checked.
        inspection: the inspection of the data set.
        seconds: time per annotation of each kind, in seconds; by default the usual values.
    """
    yield Text(f"{dataset.root}: {len(dataset.photos):,} photos, {len(dataset.classes)} classes, "
               f"layout {dataset.layout}")
    if dataset.notices:
        yield Text("How the data were read:")
        yield from (Text(f"- {notice}", style="yellow") for notice in dataset.notices)
    if inspection.sizes:
        sizes = (f"{width} x {height}" for height, width in inspection.sizes)
        yield Text("width x height: smallest {}, median {}, largest {}".format(*sizes))
    yield _photo_counts(inspection)
    if inspection.held_out:
        yield Text(inspection.held_out)
    yield from _annotation_counts(dataset, seconds or AnnotationConfig())
    if inspection.tied:
        yield _tied(inspection)
    if len(dataset.classes) <= _WIDEST_MATRIX:
        yield _matrix(dataset, inspection)
    yield from _complaints(inspection)


def _photo_counts(inspection: Inspection) -> Table:
    splits = list(inspection.splits)
    table = make_table("Photos", *splits, numbers=True)
    rows = {"all": inspection.splits, "with nothing on them": inspection.untagged,
            "with a mask for scoring": inspection.masks, **inspection.tag_counts}
    for name, counts in rows.items():
        table.add_row(Text(name), *(f"{counts.get(split, 0):,}" for split in splits))
        if name == "with a mask for scoring":
            table.add_section()
    return table


def _annotation_counts(
    dataset: Dataset, seconds: AnnotationConfig
) -> Iterator[RenderableType]:
    """Count annotations by split and estimate their cost; empty if there are none."""
    given = [(split, amount) for split, amount in amounts_by_split(dataset).items()
             if amount.photos]
    if not given:
        return
    table = make_table("Annotations", *(split for split, _ in given), numbers=True)
    rows: dict[str, Callable[[Amounts], str]] = {
        "photos with any": lambda a: f"{a.photos:,}", "points": lambda a: f"{a.points:,}",
        "boxes": lambda a: f"{a.boxes:,}", "scribbles": lambda a: f"{a.scribbles:,}",
        "masks": lambda a: f"{a.masks:,}", "masks that are complete": lambda a: f"{a.complete:,}",
        "minutes, estimated": lambda a: f"{a.minutes(seconds):,.1f}",
    }
    for name, show_amount in rows.items():
        table.add_row(Text(name), *(show_amount(amount) for _, amount in given))
    yield table


def _tied(inspection: Inspection) -> Table:
    table = make_table("Where there is", "there is also", "in", "photos")
    for pair in inspection.tied:
        table.add_row(Text(pair.tag), Text(pair.other), f"{pair.share:.0%}", f"{pair.photos:,}")
    return table


def _matrix(dataset: Dataset, inspection: Inspection) -> Table:
    table = make_table("Photos with both", *dataset.classes, numbers=True)
    for name, row in zip(dataset.classes, inspection.co_occurrence.tolist(), strict=True):
        table.add_row(Text(name), *(f"{number:,}" for number in row))
    return table


def _complaints(inspection: Inspection) -> Iterator[Text]:
    notes = [f"{problem.photo}: {problem.why}{' (left out)' if problem.left_out else ''}"
             for problem in inspection.problems]
    notes = [*inspection.warnings, *notes]
    yield Text(f"{len(notes)} things to look at:" if notes else "Nothing is wrong with it.")
    for sentence in notes[:_MOST_SHOWN]:
        yield Text(f"- {sentence}", style="yellow")
    if len(notes) > _MOST_SHOWN:
        yield Text(f"- and {len(notes) - _MOST_SHOWN:,} more")
