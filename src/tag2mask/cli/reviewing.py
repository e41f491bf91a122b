"""The command that opens the web page for correcting masks."""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import echo_lines
from tag2mask.cli.options import split as split_names
from tag2mask.core.wording import counted


class Order(str, Enum):
    """The order of the photos."""

    TRUST = "trust"
    NEXT = "next"
    NAME = "name"
    CLASS = "class"


class SplitName(str, Enum):
    """The split of the photos to show."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    ALL = "all"


@app.command(help="A page in the browser where you correct masks, least trusted first.")
def review(
    path: Annotated[Path, typer.Argument(
        metavar="RUN_OR_DATA", help="A folder that `tag2mask run` made, or a data set.")],
    port: Annotated[int | None, typer.Option(
        "--port", min=1, max=65_535, metavar="N", show_default="the first free one from 8765 on",
        help="Where the page is.")] = None,
    host: Annotated[str, typer.Option(
        "--host", metavar="ADDRESS", help="For other machines to open the page; whoever has the "
        "printed address can change masks.")] = "127.0.0.1",
    split: Annotated[SplitName, typer.Option("--split", help="Which photos.")] = SplitName.TRAIN,
    order: Annotated[Order, typer.Option(
        "--order", help="Lowest trust first, the same with classes taking turns (next), by name, "
        "or by class.")] = Order.TRUST,
    classes: Annotated[str, typer.Option(
        "--classes", metavar="crack,hole", help="Only photos with one of these tags.",
        show_default="all")] = "",
    browser: Annotated[bool, typer.Option(
        "--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Serve the page until Ctrl-C."""
    _need_extra()
    from tag2mask.review.server import bind, serve
    from tag2mask.review.sitting import closing
    from tag2mask.review.source import open_source

    source = open_source(path, split=split.value, order=order.value, classes=split_names(classes))
    listening, address = bind(host, port)
    warning = [] if host in ("127.0.0.1", "localhost", "::1") else [
        f"Others can reach {host}: whoever has this address can see photos and change masks, and "
        "it is not encrypted."]
    former = source.former_folder
    elsewhere = [f"not in {former}, from which the run was made before: it belongs to the folder "
                 f"that `tag2mask run` was given last"] if former else []
    echo_lines([f"{counted(len(source.photos), 'photo')}; masks are saved in "
                f"{source.dataset.root / 'annotations'}", *elsewhere, *warning,
                f"Page     {address.url}", "Ctrl-C ends it; everything is saved already."])
    with suppress(KeyboardInterrupt):  # Ctrl-C ends the server
        serve(source, listening, address, browser=browser)
    echo_lines(closing(source))


def _need_extra() -> None:
    from importlib.util import find_spec

    from tag2mask.core.contracts import InputError

    if missing := [name for name in ("starlette", "uvicorn") if find_spec(name) is None]:
        raise InputError(f"`tag2mask review` needs {' and '.join(missing)}; install with: "
                         "pip install 'tag2mask[review]'")
