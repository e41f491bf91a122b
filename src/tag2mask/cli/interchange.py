"""The commands that export masks and annotations to other programs and import them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import Out, Quiet, Verbose, make_progress
from tag2mask.cli.overview import LIST_PANEL
from tag2mask.core.wording import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tag2mask.data.dataset import Problem

_MOST = 10


@app.command(name="export", help="Masks or annotations in another program's format; see formats.")
def export_command(
    root: Annotated[Path, typer.Argument(
        metavar="RUN|DATA", help="A run, what `predict` wrote, or a data set.")],
    out: Out,
    format: Annotated[str, typer.Option(
        "--format", metavar="NAME", help="As `tag2mask formats` lists them.")],
    what: Annotated[str, typer.Option(
        "--what", metavar="final-masks|pseudo-masks|predictions|annotations|masks",
        help="Of a run its final masks (the network's among the tags), the pseudo masks that it "
             "learned from, the network's masks without tags, or its data set's annotations or "
             "true masks.", show_default="final-masks of a run, else what is there")] = "",
    split: Annotated[str | None, typer.Option(
        "--split", metavar="train|val|test", help="Only photos of one split.")] = None,
    min_trust: Annotated[float | None, typer.Option(
        "--min-trust", min=0, max=1, metavar="SHARE",
        help="Only final or pseudo masks that are trusted so far.")] = None,
    images: Annotated[str, typer.Option(
        "--images", metavar="copy|link|none", help="Photos beside the masks; photos with an EXIF "
        "rotation are written upright.")] = "copy",
    simplify: Annotated[float, typer.Option(
        "--simplify", min=0, metavar="PIXELS", help="Leave out corners of polygons that are at "
        "most so far off; 0 follows every pixel.")] = 0.0,
    instances: Annotated[str, typer.Option(
        "--instances", metavar="class|parts", help="An annotation per class and photo, or one per "
        "connected part.")] = "class",
    undecided: Annotated[str, typer.Option(
        "--undecided", metavar="private|class", help="Undecided pixels in a private field where "
        "the format has no place for them, or as a class called undecided.")] = "private",
    quiet: Quiet = False, verbose: Verbose = False,
) -> None:
    """Write labels as another program reads them."""
    from tag2mask.interchange.exporting import export_labels
    from tag2mask.interchange.format import WriteOptions
    from tag2mask.interchange.sources import Selection, usual

    for name, value, known in (
        ("--images", images, ("copy", "link", "none")), ("--instances", instances,
                                                         ("class", "parts")),
        ("--undecided", undecided, ("private", "class")),
        ("--split", split or "train", ("train", "val", "test")),
    ):
        _check(name, value, known)
    selection = Selection(what=what or usual(root), split=split, min_trust=min_trust,
                          undecided_class=undecided == "class")
    options = WriteOptions(instances=instances, simplify=simplify, images=images)
    made = export_labels(root, out, format=format, selection=selection, options=options,
                         progress=make_progress(quiet, verbose))
    _tell(made.notes, made.problems)
    shown = selection.what.replace("-", " ")
    typer.echo(f"{counted(made.photos, 'photo')} in {out}, as {format}: their {shown}")


@app.command(name="import", help="Annotations of another program into a data set; see formats.")
def import_command(
    path: Annotated[Path, typer.Argument(
        metavar="PATH", help="The file or folder that the other program wrote.")],
    data: Annotated[Path, typer.Option(
        "--data", metavar="DATA", help="The data set; a folder without tags becomes one.")],
    format: Annotated[str, typer.Option(
        "--format", metavar="NAME", help="As `tag2mask formats` lists them; auto looks.")] = "auto",
    target: Annotated[str, typer.Option(
        "--as", metavar="annotations|masks|tags", help="What a data set's photos get: annotations "
        "to train on, true masks that only score, or tags and boxes alone.")] = "annotations",
    outside: Annotated[str, typer.Option(
        "--outside", metavar="background|undecided",
        help="What pixels outside of all shapes are.")] = "background",
    images: Annotated[str, typer.Option(
        "--images", metavar="copy|link|none",
        help="How photos come into a new data set.")] = "copy",
) -> None:
    """Read another program's annotations."""
    from tag2mask.interchange import FORMATS
    from tag2mask.interchange.format import ReadOptions
    from tag2mask.interchange.importing import import_labels
    from tag2mask.interchange.taking import PROBLEMS

    for name, value, known in (("--images", images, ("copy", "link", "none")),
                               ("--outside", outside, ("background", "undecided"))):
        _check(name, value, known)
    made = import_labels(path, data, format=format, target=target, images=images,
                         options=ReadOptions(outside=outside))
    notes = list(made.notes)
    if made.labels and outside == "background" and FORMATS.get(made.format).shapes:
        notes.append("Pixels outside of all shapes are background; --outside undecided leaves them "
                     "open.")
    _tell(notes, made.problems)
    if made.problems:
        typer.echo(f"All {len(made.problems):,} remarks are in {data / PROBLEMS}")
    what = ", ".join(f"{count:,} {name}" for count, name in (
        (made.labels, f"label maps in {data / target}"), (made.boxes, "boxes"),
        (made.points, "points")) if count)
    typer.echo(f"{counted(made.photos, 'photo')} of {made.format}{': ' if what else ''}{what}")
    if made.new:
        typer.echo(f"A data set was made: tag2mask run {data} --out RUN")


@app.command(rich_help_panel=LIST_PANEL,
             help="What other programs' formats go in and out, and how exactly.")
def formats() -> None:
    """List the formats."""
    from tag2mask.cli.tables import show

    show(_format_parts())


def _format_parts() -> Iterator[RenderableType]:
    from rich.text import Text

    from tag2mask.cli.tables import make_table
    from tag2mask.interchange import FORMATS

    table = make_table("Format", "Of", "In", "Out", "Masks come back", "Undecided pixels", "Needs")
    table.columns[0].no_wrap = True
    for name in sorted(FORMATS.names()):
        entry = FORMATS.get(name)
        cells = (name, entry.title, "yes" if entry.read else "", "yes" if entry.write else "",
                 entry.exact, entry.undecided, entry.extra)
        table.add_row(*(Text(cell) for cell in cells))
    yield table
    yield Text('What is needed comes with: pip install "tag2mask[interchange]"')


def _check(option: str, value: str, known: Sequence[str]) -> None:
    from tag2mask.core.contracts import InputError

    if value not in known:
        raise InputError(f"{option} {value!r} is unknown; it is one of {', '.join(known)}.")


def _tell(notes: Sequence[str], problems: Sequence[Problem]) -> None:
    for note in notes:
        typer.echo(f"Note: {note}")
    for problem in problems[:_MOST]:
        verb = "Left out" if problem.left_out else "Look at"
        typer.echo(f"{verb} {problem.photo}: {problem.why}")
    if len(problems) > _MOST:
        typer.echo(f"and {len(problems) - _MOST:,} more.")
