"""A grid of choices: a list of values per choice, read from TOML or a dictionary as recipes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.settings import read_toml
from tag2mask.core.settings.values import write
from tag2mask.pipeline.config import load_config

AXES = {
    "backbone": "classify.backbone", "strategy": "classify.strategy",
    "activation": "activate.method", "sharpening": "sharpen.steps", "segmenter": "segment.model",
}
"""Choices with a short name, and their settings, in the order of the stages."""

_SETTINGS = "settings"


@dataclass(frozen=True)
class Recipe:
    """One combination of choices.

    Attributes:
        number: its position in the grid, from 0.
        choices: the values by name; only the choices that the grid varies.
        overrides: all settings, such as "classify.epochs=4".
        problem: why the recipe is invalid; "" where it is valid.
    """

    number: int
    choices: Mapping[str, str]
    overrides: tuple[str, ...]
    problem: str = ""

    @property
    def name(self) -> str:
        """The values of the varied choices."""
        return ", ".join(self.choices.values()) or "default"


def read_grid(
    grid: Path | Mapping[str, object], overrides: Sequence[str] = ()
) -> list[Recipe]:
    """Read a grid and return all combinations of its choices.

    A key is a name in `AXES` or a setting, such as "label.band". Its value is a list with one entry
    per choice. An entry is a value, or a list of values where several are combined. The table
    [settings] applies to all recipes.

    Args:
        grid: the TOML file, or its content.
        overrides: further settings for all recipes; they win over those in the grid.

    Returns:
        the recipes, the first choice varying slowest. An invalid combination has its reason in
        `problem`.

    Raises:
        InputError: the file is not valid TOML or has no choices, a name or value is misspelt, a
            list is empty, or a value makes every recipe invalid.
    """
    source = "The grid" if isinstance(grid, Mapping) else str(grid)
    tree = dict(grid) if isinstance(grid, Mapping) else read_toml(grid, "grid")
    fixed = [*_flat(tree.pop(_SETTINGS, {}), source), *overrides]
    axes = {name: _values(name, values, source) for name, values in _axes(tree).items()}
    if not axes:
        raise InputError(f"{source} contains no choices; add a line such as "
                         'strategy = ["plain", "hide_and_seek"].')
    recipes = _combine(axes, fixed)
    problem = _problem(fixed)
    if problem and all(recipe.problem == problem for recipe in recipes):
        raise InputError(f"{source}: {problem}")
    for name, values in axes.items():
        for value in values:
            _refuse_invalid_value(source, name, value, recipes)
    return recipes


def to_toml(grid: Mapping[str, object]) -> str:
    """Write a grid that was given as a dictionary, so that the comparison can be repeated."""
    choices = {name: values for name, values in grid.items() if name != _SETTINGS}
    settings = grid.get(_SETTINGS)
    lines = [f'"{name}" = {write(values)}' for name, values in _axes(choices).items()]
    if isinstance(settings, Mapping):
        own = _axes(settings).items()
        lines += [f"[{_SETTINGS}]", *(f'"{name}" = {write(value)}' for name, value in own)]
    return "".join(f"{line}\n" for line in lines)


def _combine(axes: Mapping[str, Sequence[str]], fixed: Sequence[str]) -> list[Recipe]:
    varied = [name for name, values in axes.items() if len(values) > 1]
    recipes = []
    for number, values in enumerate(product(*axes.values())):
        own = dict(zip(axes, values, strict=True))
        settings = (*fixed, *(_setting(name, value) for name, value in own.items()))
        choices = {name: own[name].replace(",", " + ") for name in varied}
        recipes.append(Recipe(number, choices, settings, _problem(settings)))
    return recipes


def _axes(tree: Mapping[str, object]) -> dict[str, object]:
    """Flatten tables, so that label.band may be written with or without quotes."""
    flat: dict[str, object] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping) and name not in AXES:
            flat |= {f"{name}.{key}": own for key, own in value.items()}
        else:
            flat[name] = value
    order = {name: position for position, name in enumerate(AXES)}
    return dict(sorted(flat.items(), key=lambda entry: order.get(entry[0], len(order))))


def _flat(table: object, source: str) -> list[str]:
    if not isinstance(table, Mapping):
        raise InputError(f"{source}: [settings] must be a table with lines such as "
                         "classify.epochs = 4.")
    return [f"{name}={_word(value)}" for name, value in _axes(table).items()]


def _values(name: str, values: object, source: str) -> list[str]:
    if name not in AXES and "." not in name:
        near = get_close_matches(name, [*AXES, _SETTINGS], 1)
        hint = (f"did you mean {near[0]}?" if near
                else f"use {', '.join(AXES)} or the name of a setting.")
        raise InputError(f'{source} has no choice called "{name}"; {hint}')
    if not isinstance(values, list | tuple) or not values:
        example = write([values]) if values and isinstance(values, str | int | float) \
            else '["a", "b"]'
        raise InputError(f"{source}: {name} must be a list of one or more values, as in "
                         f"{name} = {example}.")
    words = [_word(value) for value in values]
    if len(set(words)) < len(words):
        raise InputError(f"{source}: {name} contains the same value twice; remove one of them.")
    return words


def _word(value: object) -> str:
    """Write a value as on the command line: a list with commas, an empty list as "none"."""
    if isinstance(value, list | tuple):
        return ",".join(map(_word, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _setting(name: str, value: str) -> str:
    return f"{AXES.get(name, name)}={value}"


def _refuse_invalid_value(source: str, name: str, value: str, recipes: Sequence[Recipe]) -> None:
    """Refuse a value that is invalid in every recipe: it is most likely misspelt."""
    setting = _setting(name, value)
    problems = [recipe.problem for recipe in recipes if setting in recipe.overrides]
    if all(problems):
        raise InputError(f"{source}: {name} = {value}: {problems[0]}")


def _problem(settings: Sequence[str]) -> str:
    try:
        load_config(None, settings)
    except InputError as error:
        return re.sub(r"^--set:? ", "", " ".join(str(error).split()))  # nobody typed it
    return ""
