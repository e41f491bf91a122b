"""Definition of a format: detection, reading, writing, and its limitations."""

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
"""Name of the class for label 255 if it is exported as a class of its own."""

PRIVATE = "tag2mask_undecided"
"""Private field for label 255 in formats that cannot express it; other tools ignore it."""

EXTRA = 'pip install "tag2mask[interchange]"'


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """Photos with labels, read from a file or to be written to one."""

    classes: tuple[str, ...]
    """Names of the labels 1..K."""
    photos: Iterable[LabelledPhoto]
    """The photos, an iterable for a single pass; together they may exceed the memory."""
    total: int = 0
    """Number of photos; 0 if unknown."""
    ids: Mapping[str, int] = field(default_factory=dict)
    """Ids of the classes in the original format, if it has any."""
    problems: list[Problem] = field(default_factory=list)
    """Items that could not be read; extended while the photos are iterated."""
    notes: list[str] = field(default_factory=list)
    """Remarks for the user on conversions; extended while the photos are iterated."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Options of a reader."""

    outside: str = "background"
    """Label of pixels outside of all shapes: "background" or "undecided"."""
    photos: Path | None = None
    """Folder of the photos, needed if a file does not give their sizes."""


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """Options of a writer."""

    instances: str = "class"
    """"class" for one annotation per class and photo, "parts" for one per connected part."""
    simplify: float = 0.0
    """Tolerance in pixels of the simplification of polygons; 0 keeps all corners."""
    images: str = "copy"
    """Placement of photos in the export: "copy", "link" or "none"."""

    @property
    def parts(self) -> bool:
        """Return whether each connected part is a separate annotation."""
        return self.instances == "parts"


Reader = Callable[[Path, ReadOptions], AbstractContextManager[Labelling]]
Writer = Callable[[Labelling, Path, WriteOptions], int]
"""A function that writes to an existing, empty folder and returns the number of photos."""


def _never(path: Path) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format of masks and annotations."""

    title: str
    """The tool or framework that the format belongs to."""
    exact: str
    """Accuracy of masks after export and import: "exact", or "nearly" and the reason."""
    read: Reader | None = None
    write: Writer | None = None
    fits: Callable[[Path], bool] = _never
    """Detects whether a path has this format, for `--format auto`."""
    undecided: str = ""
    """Representation of undecided pixels (255)."""
    shapes: bool = False
    """Whether labels are shapes, so that some pixels may belong to none."""
    extra: str = ""
    """The optional package that the format needs; "" if none."""


def needed(module: str, *, purpose: str) -> ModuleType:
    """Import a package of the extra `interchange`.

    Raises:
        InputError: the package is not installed; the message contains the install command.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f"{purpose} needs {module.partition('.')[0]}: {EXTRA}.") from error
