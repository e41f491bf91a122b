"""The product of choices: a TOML file with a list of values per name, as recipes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any

from tag2mask.core.contracts import InputError
from tag2mask.core.settings import read_toml
from tag2mask.core.settings.values import write
from tag2mask.pipeline.config import load_config

AXES = {
    "backbone": "classify.backbone", "strategy": "classify.strategy",
    "activation": "activate.method", "sharpening": "sharpen.steps", "segmenter": "segment.model",
}
"""The choices that have a name of their own, in the order of the stages."""

_SETTINGS = "settings"


@dataclass(frozen=True)
class Recipe:
    """One choice per name.

    Attributes:
        number: its place in the grid, from 0.
        choices: by name, in words; only those that the grid varies.
        overrides: settings, as in "classify.epochs=4".
        problem: why it cannot be; "" where it can.
    """

    number: int
    choices: Mapping[str, str]
    overrides: tuple[str, ...]
    problem: str = ""

    @property
    def name(self) -> str:
        """What sets it apart from the others."""
        return ", ".join(self.choices.values()) or "default"


def read_grid(
    grid: Path | Mapping[str, object], overrides: Sequence[str] = ()
) -> list[Recipe]:
    """Read a grid.

    A name is one of `AXES` or a setting in quotes, as "label.band"; its list has a value or, where
    several are stacked, a list of values per entry. The table [settings] is the same for all.

    Args:
        grid: the TOML file, or what is in it.
        overrides: further settings for all, which win over the file's.

    Returns:
        the recipes, the first name varying slowest; those that cannot be say why.

    Raises:
        InputError: no TOML, nothing in it, a misspelt name or value, a list without a value, or no
            recipe that can be.
    """
    path = Path("The grid") if isinstance(grid, Mapping) else grid  # for messages
    tree = dict(grid) if isinstance(grid, Mapping) else read_toml(grid, "grid")
    fixed = [*_flat(tree.pop(_SETTINGS, {}), path), *overrides]
    axes = {name: _values(name, values, path) for name, values in _axes(tree).items()}
    if not axes:
        raise InputError(f"{path} holds no choice; give it a line such as "
                         'strategy = ["plain", "hide_and_seek"].')
    varied = [name for name, values in axes.items() if len(values) > 1]
    recipes = []
    for number, chosen in enumerate(product(*axes.values())):
        own = dict(zip(axes, chosen, strict=True))
        settings = (*fixed, *_settings(own))
        shown = {name: own[name].replace(",", " + ") for name in varied}
        recipes.append(Recipe(number, shown, settings, _problem(settings)))
    for name, values in axes.items():
        for value in values:
            _refuse_hopeless(path, name, value, recipes)
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


def _axes(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Take tables apart, so that label.band may be written with quotes or without."""
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping) and name not in AXES:
            flat |= {f"{name}.{key}": own for key, own in value.items()}
        else:
            flat[name] = value
    order = {name: place for place, name in enumerate(AXES)}
    return dict(sorted(flat.items(), key=lambda entry: order.get(entry[0], len(order))))


def _flat(table: object, path: Path) -> list[str]:
    if not isinstance(table, Mapping):
        raise InputError(f"{path}: [settings] is a table, as in classify.epochs = 4.")
    return [f"{name}={_word(value)}" for name, value in _axes(table).items()]


def _values(name: str, values: object, path: Path) -> list[str]:
    if name not in AXES and "." not in name:
        near = get_close_matches(name, [*AXES, _SETTINGS], 1)
        hint = f"did you mean {near[0]}?" if near else f"take {', '.join(AXES)} or a setting."
        raise InputError(f'{path} has no choice called "{name}"; {hint}')
    if not isinstance(values, list | tuple) or not values:
        raise InputError(f'{path}: {name} wants a list of one value or more, as in ["a", "b"].')
    told = [_word(value) for value in values]
    if len(set(told)) < len(told):
        raise InputError(f"{path}: {name} names the same value twice.")
    return told


def _word(value: object) -> str:
    """Write a value as on a command line; a list with commas, an empty one as none."""
    if isinstance(value, list | tuple):
        return ",".join(map(_word, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _settings(chosen: Mapping[str, str]) -> list[str]:
    return [f"{AXES.get(name, name)}={value}" for name, value in chosen.items()]


def _refuse_hopeless(path: Path, name: str, value: str, recipes: Sequence[Recipe]) -> None:
    """Refuse a value that no recipe can have: most likely it is misspelt."""
    setting, = _settings({name: value})
    told = [recipe.problem for recipe in recipes if setting in recipe.overrides]
    if all(told):
        raise InputError(f"{path}: {name} = {value}: {told[0]}")


def _problem(settings: Sequence[str]) -> str:
    try:
        load_config(None, settings)
    except InputError as error:
        return " ".join(str(error).split())
    return ""
