"""Listing of all components that are chosen by name, with their settings and packages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tag2mask.api.table import Table
from tag2mask.core.contracts import InputError, nearest
from tag2mask.core.registry import Registry


@dataclass(frozen=True)
class _Kind:
    """A registry, its location, and the setting that takes its names."""

    kind: str
    home: str
    used_by: str

    def load(self) -> Registry[Any]:
        module, _, name = self.home.partition(":")
        registry: Registry[Any] = getattr(import_module(module), name)
        return registry

    @property
    def exists(self) -> bool:
        return find_spec(self.home.partition(":")[0]) is not None


KINDS = (
    _Kind("backbones", "tag2mask.models.backbones:BACKBONES", "classify.backbone"),
    _Kind("strategies", "tag2mask.strategies:STRATEGIES", "classify.strategy"),
    _Kind("map methods", "tag2mask.maps.methods:METHODS", "activate.method"),
    _Kind("sharpeners", "tag2mask.sharpening:SHARPENERS", "sharpen.steps"),
    _Kind("segmenters", "tag2mask.models.segmenters:SEGMENTERS", "segment.model"),
    _Kind("losses", "tag2mask.training.mask_losses:LOSSES", "segment.loss"),
    _Kind("runtimes", "tag2mask.prediction.runtimes:RUNTIMES", "predict --runtime"),
    _Kind("layouts", "tag2mask.data.readers:LAYOUTS", "recognised by themselves"),
    _Kind("formats", "tag2mask.interchange:FORMATS", "import and export"),
)
"""All kinds, in the order in which data passes through them."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One component that can be chosen by name."""

    kind: str
    name: str
    used_by: str
    """The setting or the option that takes the name."""
    package: str
    """The package that provides it."""
    about: str
    """A short description; "" if it has none."""


def choices(kind: str = "") -> Table[Choice]:
    """List all components that are chosen by name; entries of other packages come last.

    Args:
        kind: one of "backbones", "strategies", "map methods", "sharpeners", "segmenters",
            "losses", "runtimes", "layouts" and "formats"; all kinds by default.

    Raises:
        InputError: there is no such kind.
    """
    known = [one for one in KINDS if one.exists]
    names = [one.kind for one in known]
    if kind and kind not in names:
        raise InputError(f"There is no kind {kind!r}; did you mean {nearest(kind, names)}?")
    wanted = [one for one in known if kind in ("", one.kind)]
    return Table(tuple(choice for one in wanted for choice in _of(one)))


def _of(kind: _Kind) -> Iterator[Choice]:
    registry = kind.load()
    for name in registry:
        yield Choice(kind=kind.kind, name=name, used_by=kind.used_by,
                     package=registry.package(name) or "tag2mask", about=_about(registry, name))


def _about(registry: Registry[Any], name: str) -> str:
    """Return the description of an entry, or why an entry of another package cannot be loaded."""
    try:
        entry = registry.get(name)
    except InputError as error:
        return str(error)
    for attribute in ("about", "idea", "origin", "LOOKS_FOR"):
        if isinstance(value := getattr(entry, attribute, None), str) and value:
            return value
    return ""
