"""The command that publishes a trained network."""

from __future__ import annotations

from typing import Annotated

import typer

from tag2mask.cli.commands import app
from tag2mask.cli.options import RunArgument


@app.command(help="Publish a network with its model card, in a folder or on the hub.")
def push(
    run: RunArgument,
    to: Annotated[str, typer.Option(
        "--to", metavar="DIR|hf://USER/NAME", help="A new folder, or a repository of the hub.")],
) -> None:
    """Write or upload the network."""
    from tag2mask.api.publishing import push as publish

    typer.echo(f"The network and its model card are in {publish(run, to)}")
