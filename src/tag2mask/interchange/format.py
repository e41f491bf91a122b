"""What a format is: how it is recognised, read and written, and what it cannot express."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Problem
from tag2mask.interchange.labelled import LabelledPhoto

UNDECIDED = "undecided"
"""The class that stands for 255 where it is exported as a class of its own."""

PRIVATE = "tag2mask_undecided"
"""The private field for 255 in formats that have no place for it; other tools pass over it."""

EXTRA = 'pip install "tag2mask[interchange]"'


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """Photos with labels, from a file or on the way into one."""

    classes: tuple[str, ...]
    """Names of the labels 1..K."""
    photos: Iterable[LabelledPhoto]
    """One at a time, once; they may be more than fit into memory."""
    total: int = 0
    """Number of photos, where it is known."""
    ids: Mapping[str, int] = field(default_factory=dict)
    """Numbers of classes in the format that they came from, where it has any."""
    problems: list[Problem] = field(default_factory=list)
    """What could not be taken; grows while the photos are drawn."""
    notes: list[str] = field(default_factory=list)
    """What was done that one should know; grows while the photos are drawn."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a file is read."""

    outside: str = "background"
    """What pixels outside of all shapes are: "background" or "undecided"."""
    photos: Path | None = None
    """Folder of the photos, where a file does not give their sizes."""


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """How a file is written."""

    instances: str = "class"
    """One annotation per "class" and photo, or one per connected part: "parts"."""
    simplify: float = 0.0
    """Corners of polygons that are at most so many pixels off are left out."""
    images: str = "copy"
    """Photos: "copy", "link" or "none"."""

    @property
    def parts(self) -> bool:
        """Whether each connected part is an annotation."""
        return self.instances == "parts"


Reader = Callable[[Path, ReadOptions], AbstractContextManager[Labelling]]
Writer = Callable[[Labelling, Path, WriteOptions], int]
"""Writes into a folder, which exists and is empty, and returns the number of photos."""


def _never(path: Path) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format of masks and annotations."""

    title: str
    """The tool or framework that it belongs to."""
    exact: str
    """How masks come back: "exact", or "nearly" and why."""
    read: Reader | None = None
    write: Writer | None = None
    fits: Callable[[Path], bool] = _never
    """Whether a path looks like this format; for `--format auto`."""
    undecided: str = ""
    """Where undecided pixels (255) are kept."""
    shapes: bool = False
    """Whether labels are shapes, so that pixels may lie outside of all of them."""
    extra: str = ""
    """The package that it needs beyond the core, "" for none."""


def needed(module: str, *, purpose: str) -> ModuleType:
    """Import a package of the extra `interchange`.

    Raises:
        InputError: it is not installed; names the command.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f"{purpose} needs {module.partition('.')[0]}: {EXTRA}.") from error
