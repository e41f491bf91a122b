"""Registries: backbones, map methods, formats and so on, looked up by name."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Protocol, TypeVar, cast

from tag2mask.core.contracts import InputError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")


class _Source(Protocol[T_co]):
    """Read-only (covariant) view of a registry, which lets classes be used as functions."""

    def get(self, name: str) -> T_co: ...


class Registry(Generic[T]):
    """Entries by name, imported on first use.

    An entry is an object, or its location as "module:attribute", so that listing names imports
    nothing. Other packages add entries through the entry-point group:

        [project.entry-points."tag2mask.formats"]
        my-format = "my_package.format:FORMAT"
    """

    def __init__(self, kind: str, *, group: str | None = None) -> None:
        """Create an empty registry.

        Args:
            kind: name of an entry in messages, as in "interchange format".
            group: the entry-point group for entries of other packages, or None.
        """
        self.kind = kind
        self.group = group
        self._entries: dict[str, T | str | EntryPoint] = {}
        self._families: dict[str, Callable[[str], T]] = {}
        self._packages: dict[str, str] = {}
        self._discovered = group is None

    def register(self, name: str, entry: T | str) -> None:
        """Add an entry, or its location as "module:attribute".

        Raises:
            ValueError: the name is taken.
        """
        if name in self._entries and not isinstance(self._entries[name], EntryPoint):
            raise ValueError(f"there already is a {self.kind} {name!r}")
        self._entries[name] = entry

    def update(self, entries: Mapping[str, T]) -> None:
        """Register several entries.

        Raises:
            ValueError: a name is taken.
        """
        for name, entry in entries.items():
            self.register(name, entry)

    def add_family(self, prefix: str, make: Callable[[str], T]) -> None:
        """Use `make` to create the entry of any name with `prefix`; such names are not listed."""
        self._families[prefix] = make

    def names(self) -> tuple[str, ...]:
        """Return all names: our own in order of registration, then those of other packages."""
        self._discover()
        return tuple(self._entries)

    def package(self, name: str) -> str:
        """Return the package of the entry called `name`; "" for built-in entries."""
        self._discover()
        return self._packages.get(name, "")

    def get(self, name: str) -> T:
        """Return the entry called `name`, importing it if necessary.

        Raises:
            InputError: there is no such entry (the nearest name is suggested), or it belongs to
                another package and cannot be imported.
        """
        entry = self._find(name)
        if isinstance(entry, EntryPoint):
            entry = self._load(name, entry)
        elif isinstance(entry, str):
            module, _, attribute = entry.partition(":")
            entry = cast("T", getattr(import_module(module), attribute))
        self._entries[name] = entry
        return entry

    def create(
        self: _Source[Callable[..., R]], name: str, /, *args: object, **kwargs: object
    ) -> R:
        """Call the entry called `name`, which must be a class or a function.

        Raises:
            InputError: as `get`.
        """
        return self.get(name)(*args, **kwargs)

    def __contains__(self, name: object) -> bool:
        """Return whether there is an entry called `name`."""
        return name in self.names()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.names())

    def _find(self, name: str) -> T | str | EntryPoint:
        names = self.names()
        if name in self._entries:
            return self._entries[name]
        for prefix, make in self._families.items():
            if name.startswith(prefix):
                return make(name)
        near = difflib.get_close_matches(name, names, 1)
        advice = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(names)}."
        raise InputError(f"There is no {self.kind} {name!r}; {advice}")

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True
        for point in sorted(entry_points(group=self.group or ""), key=lambda point: point.name):
            if point.name in self._entries:
                warnings.warn(f"The {self.kind} {point.name!r} of {_owner(point)} is not used: "
                              "the name is taken.", stacklevel=3)
            else:
                self._entries[point.name] = point
                self._packages[point.name] = _owner(point)

    def _load(self, name: str, point: EntryPoint) -> T:
        try:
            return cast("T", point.load())
        except Exception as error:  # another package's code may raise anything
            raise InputError(
                f"The {self.kind} {name!r} comes from {_owner(point)} and cannot be loaded "
                f"({type(error).__name__}: {error}); update or uninstall that package."
            ) from error


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
