"""What a stage is: everything that the program knows of it, in one value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tag2mask.annotation.records import KINDS

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.context import Context, Record
    from tag2mask.run_folder.folder import RunFolder

Outputs = Callable[["RunFolder", "Dataset", Any], Iterable[Path]]
"""Lists the files that must exist after a stage, given the run, its data and the settings."""


def _never(settings: object) -> bool:
    return False


def _none(settings: object) -> tuple[str, ...]:
    return ()


def all_kinds(settings: object) -> tuple[str, ...]:
    """Say that a stage depends on every kind of annotation, whatever its settings."""
    return KINDS


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of a run; each package below `stages` defines one as `STAGE`.

    Attributes:
        name: of the command, the settings section and the record.
        help: one line for `--help`, the README and the report.
        run: `module:function`, called with (context, settings, record); imported when it runs.
        config: `module:class` of its settings; "" if it has none.
        owns: folders of the run folder that are cleared when its inputs change.
        outputs: the files that must exist once it is done.
        inert: settings that only add a file and change no result.
        reads_masks: whether its result depends on the true masks, given its settings.
        annotations: which kinds of annotations its result depends on, given its settings.
        annotated_only: settings that change nothing where there are no annotations.
        shared: whether another run with the same inputs may take over its results.
        version: raised when its results change, so that older ones are made again.
    """

    name: str
    help: str
    run: str
    config: str = ""
    owns: tuple[str, ...] = ()
    outputs: Outputs
    inert: tuple[str, ...] = ()
    reads_masks: Callable[[Any], bool] = _never
    annotations: Callable[[Any], Collection[str]] = _none
    annotated_only: tuple[str, ...] = ()
    shared: bool = True
    version: int = 1

    def __call__(self, context: Context, settings: object, record: Record) -> None:
        """Run the stage with its section of the settings, None if it has none."""
        _load(self.run)(context, settings, record)


def _load(dotted: str) -> Any:  # noqa: ANN401 - whatever has that name
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)
