"""Write the reference pages from the code: every command, every setting, every method.

    python docs/reference_pages.py docs/reference

`make docs` does this first, so that the pages are never older than the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import click
from typer.main import get_command

from tag2mask import choices
from tag2mask.cli import app
from tag2mask.core.settings.ranges import ranges_of
from tag2mask.core.settings.schema import explanations, kinds_of, sections_of
from tag2mask.core.settings.values import write
from tag2mask.pipeline.config import Config


def commands_page() -> str:
    """Return the page with every command, its arguments and its options."""
    group: Any = get_command(app)
    context = click.Context(group, info_name="tag2mask")
    lines = ["# Commands", "", "Every command prints this with `--help`.", ""]
    for name in group.list_commands(context):
        lines += _command(name, group.get_command(context, name))
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the page with every setting: type, range, default and meaning."""
    lines = [
        "# Settings", "",
        "Change one with `--set section.name=value`, or several in a TOML file with `--config`. "
        "Every run keeps its settings, with these comments, in `config.toml`.", "",
    ]
    lines += _section(Config, Config(), "")
    for name, section in sections_of(Config).items():
        lines += [f"## {name}", "", *_section(section, getattr(Config(), name), f"{name}.")]
    return "\n".join(lines) + "\n"


def methods_page() -> str:
    """Return the page with everything that is chosen by name."""
    lines = ["# Methods", "", "Everything that is chosen by name, as `tag2mask methods` lists it. "
             "Other packages can add to each of these.", ""]
    table = choices()
    for kind in dict.fromkeys(row.kind for row in table.rows):
        lines += [f"## {kind}", "", "| Name | What it is |", "|---|---|"]
        lines += [f"| `{row.name}` | {_cell(row.about)} |" for row in table.rows
                  if row.kind == kind]
        lines.append("")
    return "\n".join(lines) + "\n"


_WORDS = {bool: "true or false", int: "integer", float: "number", str: "text"}

PAGES = {"commands.md": commands_page, "settings.md": settings_page, "methods.md": methods_page}


def write_pages(folder: Path) -> None:
    """Write all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


def _command(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - typer has its own classes
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    words = " ".join(_placeholder(argument) for argument in arguments)
    yield from (f"## {name}", "", command.help or "", "")
    yield from ("```", f"tag2mask {name} {words}".rstrip() + " [OPTIONS]", "```", "")
    if options:
        yield from ("| Option | Meaning | Default |", "|---|---|---|")
    for option in options:
        flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
        yield f"| {flags} | {_cell(option.help or '')} | {_default(option)} |"
    yield ""


def _placeholder(argument: Any) -> str:  # noqa: ANN401 - as above
    word = argument.metavar or argument.name.upper()
    return word if argument.required or word.startswith("[") else f"[{word}]"


def _default(option: Any) -> str:  # noqa: ANN401 - as above
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return option.show_default
    shown = getattr(option.default, "value", option.default)
    return "" if shown in (None, (), [], False) or callable(shown) else f"`{shown}`"


def _section(schema: type, values: object, prefix: str) -> Iterator[str]:
    hints, texts = get_type_hints(schema, include_extras=True), explanations(schema)
    ranges, sections = ranges_of(schema), sections_of(schema)
    yield from ("| Setting | Type | Default | Meaning |", "|---|---|---|---|")
    for name in kinds_of(schema):
        if name in sections:
            continue
        kind = _kind(hints[name]) + (f", {ranges[name]}" if name in ranges else "")
        default = write(getattr(values, name))
        yield f"| `{prefix}{name}` | {_cell(kind)} | `{default}` | {_cell(texts[name])} |"
    yield ""


def _kind(hint: Any) -> str:  # noqa: ANN401 - any type of a field
    """Return the type of a setting as a person would write it."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _kind(inner[0])
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in inner)
    if origin is tuple:
        kinds = dict.fromkeys(_kind(one) for one in inner if one is not Ellipsis)
        return f"list of {' or '.join(kinds)}"
    if inner:
        return " or ".join("`none`" if one is type(None) else _kind(one) for one in inner)
    return _WORDS.get(hint, str(hint))


def _cell(text: str) -> str:
    """Make a text fit into one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
