"""Definition of a stage: all its properties in one object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tag2mask.annotation.records import KINDS
from tag2mask.core.profiling import LOAD, work

if TYPE_CHECKING:
    from tag2mask.data.dataset import Dataset
    from tag2mask.run_folder.context import Context, Record
    from tag2mask.run_folder.folder import RunFolder

Outputs = Callable[["RunFolder", "Dataset", Any], Iterable["Path | str"]]
"""Lists the files that must exist after a stage, given the run, its data and the settings."""


def _never(settings: object) -> bool:
    return False


def _none(settings: object) -> tuple[str, ...]:
    return ()


def all_kinds(settings: object) -> tuple[str, ...]:
    """Return all kinds of annotations, for stages that depend on every kind."""
    return KINDS


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of a run; each package below `stages` defines one as `STAGE`.

    Attributes:
        name: name of the command, the settings section and the record.
        help: one line for `--help`, the README and the report.
        spends: what its time is spent on, for the report; stages may share it.
        run: `module:function`, called with (context, settings, record); imported when it runs.
        ahead: `module:function` that begins something in the background while earlier stages run,
            called with (context, settings), which returns a context manager; "" for nothing.
        config: `module:class` of its settings; "" if it has none.
        owns: folders in the run folder that are cleared if the inputs of the stage change.
        outputs: lists the files that must exist after the stage.
        disposable: files per photo that only later stages read, with a * for the photo's name; the
            stage computes missing ones again from the rest of its results.
        inert: settings that only add a file and do not change results.
        reads_masks: returns whether the result depends on true masks, given the settings.
        annotations: returns the kinds of annotations that the result depends on, given the
            settings.
        annotated_only: settings without effect if there are no annotations.
        idle: returns the names of settings without effect, given the settings and what is
            installed.
        environment: returns descriptions of what the result depends on besides data and settings,
            such as weights from an optional package, given the settings.
        added: settings of later versions, whose default leaves older results valid; they count only
            if they differ from it.
        shared: whether other runs with the same inputs may reuse its results.
        version: incremented if its results change, so that older results are recomputed.
    """

    name: str
    help: str
    spends: str
    run: str
    ahead: str = ""
    config: str = ""
    owns: tuple[str, ...] = ()
    outputs: Outputs
    disposable: tuple[str, ...] = ()
    inert: tuple[str, ...] = ()
    reads_masks: Callable[[Any], bool] = _never
    annotations: Callable[[Any], Collection[str]] = _none
    annotated_only: tuple[str, ...] = ()
    idle: Callable[[Any], Collection[str]] = _none
    environment: Callable[[Any], Collection[str]] = _none
    added: tuple[str, ...] = ()
    shared: bool = True
    version: int = 1

    def __call__(self, context: Context, settings: object, record: Record) -> None:
        """Run the stage with its section of the settings; None if it has no settings."""
        with work(LOAD):
            run = _load(self.run)
        run(context, settings, record)

    def begin_ahead(self, context: Context, settings: object) -> AbstractContextManager[None]:
        """Begin what can be done in the background; the block contains the earlier stages."""
        return _load(self.ahead)(context, settings) if self.ahead else nullcontext()


def _load(dotted: str) -> Any:  # noqa: ANN401 - whatever has that name
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)
