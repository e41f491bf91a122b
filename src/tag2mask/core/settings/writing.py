"""Write a filled schema as a commented TOML file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from tag2mask.core.settings.schema import explanations, kinds_of, sections_of
from tag2mask.core.settings.values import write


def to_toml(settings: object) -> str:
    """Return all settings and their explanations as TOML, which `compose` can read.

    Args:
        settings: an instance of a schema.
    """
    return "\n".join(_lines(settings, "")).strip("\n") + "\n"


def _lines(settings: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401 - any dataclass
    schema = type(settings)
    sections, texts = sections_of(schema), explanations(schema)
    for name in kinds_of(schema):
        if name not in sections:
            yield from _comment(texts.get(name, ""))
            yield f"{name} = {write(getattr(settings, name))}"
    for name, section in sections.items():
        yield from ("", f"[{prefix}{name}]")
        yield from _comment(_purpose(section))
        yield from _lines(getattr(settings, name), f"{prefix}{name}.")


def _purpose(section: type) -> str:
    """Return the first line of the docstring, unless `dataclass` generated it from the fields."""
    text = (section.__doc__ or "").strip()
    return "" if text.startswith(f"{section.__name__}(") else text.partition("\n")[0]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")
