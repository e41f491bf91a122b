"""The group of processes that this one belongs to; without imports of torch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

    from tag2mask.core.processes.line import Line


@dataclass(frozen=True)
class Failure:
    """The error that ended all processes.

    Attributes:
        rank: number of the process in which it occurred.
        line: the error message; "" if the process died without one.
        code: the exit code.
    """

    rank: int
    line: str
    code: int


@dataclass
class Group:
    """The processes of a run.

    Attributes:
        rank: number of this process, from 0.
        count: number of processes.
        line: connection over which processes report errors and progress.
        owned: whether the process group was started here, and not by a script of the user.
        for_cpu: process group for what is not on a GPU; None for the default one.
    """

    rank: int
    count: int
    line: Line
    owned: bool = True
    for_cpu: ProcessGroup | None = None


class _State:
    group: Group | None = None
    failure: Failure | None = None
    silent: bool = False


state = _State()


def launched(variables: Mapping[str, str] = os.environ) -> bool:
    """Return whether this process was launched as one of several."""
    return "RANK" in variables and _number(variables.get("WORLD_SIZE")) > 1


def alone_by_mistake(variables: Mapping[str, str] = os.environ) -> bool:
    """Return whether `accelerate launch` was asked for several processes and started one.

    It does so on machines without a GPU.
    """
    return {"ACCELERATE_MIXED_PRECISION", "MASTER_ADDR"} <= variables.keys() \
        and "RANK" not in variables


def rank() -> int:
    """Return the number of this process, 0 for the first or only one."""
    return state.group.rank if state.group else 0


def local_rank(variables: Mapping[str, str] = os.environ) -> int:
    """Return the number that the launcher gave this process among those of its machine."""
    return _number(variables.get("LOCAL_RANK") or variables.get("RANK"))


def count() -> int:
    """Return the number of processes."""
    return state.group.count if state.group else 1


def is_first() -> bool:
    """Return whether this is the first or only process, which writes what exists once."""
    return rank() == 0


def failure() -> Failure | None:
    """Return the error that ended all processes, also after they have separated."""
    return state.failure


def speaks() -> bool:
    """Return whether this process prints the message of a failure."""
    return not state.silent


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
