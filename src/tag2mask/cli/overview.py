"""Output of `tag2mask --help`: all commands on one screen, with the stages in one group."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

STAGE_PANEL = "One stage of a run that exists"
"""The group of the commands that run one stage."""
LIST_PANEL = "Lists of what can be chosen by name"
"""The group of the commands that only list names."""

_WIDEST = 100


def overview(group: Any, ctx: Any) -> Iterator[str]:  # noqa: ANN401 - differ between typer's versions
    """Yield the lines of the help of a command group."""
    width = min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)
    commands = {name: group.get_command(ctx, name) for name in group.list_commands(ctx)}
    stages, lists = (
        [name for name, command in commands.items()
         if getattr(command, "rich_help_panel", None) == panel]
        for panel in (STAGE_PANEL, LIST_PANEL)
    )
    yield f"Usage: {ctx.command_path} COMMAND ..., or {ctx.command_path} COMMAND --help"
    yield from textwrap.wrap(group.help, width)
    yield ""
    pad = max(map(len, commands))
    for name, command in commands.items():
        if name not in (*stages, *lists) and not command.hidden:
            about = textwrap.shorten(command.help or "", width - pad - 4, placeholder=" ...")
            yield f"  {name:<{pad}}  {about}"
    yield ""
    yield f"{STAGE_PANEL}, as in {ctx.command_path} {stages[0]} RUN:"
    yield from textwrap.wrap(", ".join(stages), width, initial_indent="  ",
                             subsequent_indent="  ")
    yield f"{LIST_PANEL}:"
    yield from textwrap.wrap(", ".join(lists), width, initial_indent="  ",
                             subsequent_indent="  ")
    words = [option.opts[0] for option in group.get_params(ctx)]
    yield from textwrap.wrap(f"Options: {', '.join(words)}", width, subsequent_indent="  ")
