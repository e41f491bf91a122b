"""Which stages cells have in common, so that none is computed in two processes at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tag2mask.comparison.cells import Cell
from tag2mask.data.dataset import Dataset
from tag2mask.pipeline.config import load_config
from tag2mask.pipeline.fingerprint import settings_digest
from tag2mask.run_folder.context import read_record, record_file
from tag2mask.stages import STAGES

SHARED = tuple(stage.name for stage in STAGES if stage.shared)
"""Stages that one run may take over from another, in their order."""


@dataclass(frozen=True)
class RunningCell:
    """A cell that another process computes.

    Attributes:
        cell: the cell.
        digests: of its stages.
        before: the time of change of each record when the process started; 0 for none. A record
            that is older than the process may be about to be replaced.
    """

    cell: Cell
    digests: Mapping[str, str]
    before: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def starting(cls, cell: Cell, digests: Mapping[str, str]) -> RunningCell:
        """Return a cell whose process is about to start."""
        return cls(cell, digests, {name: _changed(cell, name) for name in SHARED})

    def has_done(self, stage: str) -> bool:
        """Return whether the process is past this stage, so that others can take over its files."""
        record = read_record(self.cell.run, stage)
        later = SHARED[SHARED.index(stage):]
        return bool(record and record.done) and any(
            _changed(self.cell, name) != self.before[name] for name in later)


def digests_of(cell: Cell, dataset: Dataset) -> dict[str, str]:
    """Return a text for each stage of a cell, equal for cells of equal results of the stage."""
    config = load_config(None, [*cell.recipe.overrides, f"seed={cell.seed}"])
    return {stage.name: settings_digest(stage, dataset, config)
            for stage in STAGES if stage.shared}


def must_wait(digests: Mapping[str, str], running: RunningCell) -> bool:
    """Return whether a cell must wait, because a running one still computes something of its own.

    Args:
        digests: of the stages of the cell.
        running: another cell.
    """
    common = [name for name in SHARED if digests[name] == running.digests[name]]
    return any(not running.has_done(name) for name in common)


def _changed(cell: Cell, stage: str) -> int:
    try:
        return record_file(cell.run, stage).stat().st_mtime_ns
    except OSError:
        return 0
