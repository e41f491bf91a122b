"""Exchange of objects between processes, and shares of work; the identity for one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tag2mask.core.contracts import InputError
from tag2mask.core.processes.state import count, is_first, rank, state

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributed import ProcessGroup

Item = TypeVar("Item")
Result = TypeVar("Result")

_BLOCK = 16
"""Number of results per process that are exchanged at once."""


class SeparatedError(RuntimeError):
    """A collective operation failed, because another process ended."""


def own(items: Sequence[Item]) -> Sequence[Item]:
    """Return the share of this process: every n-th item, which does not depend on the time."""
    return items[rank() :: count()] if count() > 1 else items


def interleaved(results: Iterable[Result]) -> Iterator[Result]:
    """Yield the results of all processes in every process, in the order of the items.

    A sum over them in this order is exactly that of one process. Memory is bounded: results are
    exchanged in blocks.

    Args:
        results: one result per item of `own(items)`, in their order.
    """
    if count() == 1:
        yield from results
        return
    source = iter(results)
    while True:
        parts = exchange(list(islice(source, _BLOCK)))
        longest = max(map(len, parts))
        for place in range(longest):
            for part in parts:
                yield from part[place : place + 1]
        if longest < _BLOCK:
            return


def exchange(content: Item) -> list[Item]:
    """Return the objects that all processes gave, by their number."""
    if count() == 1:
        return [content]
    from torch import distributed

    found: list[Item] = [content] * count()
    _run(lambda: distributed.all_gather_object(found, content, group=_group()))
    return found


def first_says(function: Callable[[], Result]) -> Result:
    """Let the first process call a function, and return its result in all processes."""
    if count() == 1:
        return function()
    from torch import distributed

    said: list[Result | None] = [function() if is_first() else None]
    _run(lambda: distributed.broadcast_object_list(said, src=0, group=_group()))
    return said[0]  # type: ignore[return-value]  # the first process has filled it


def exists(path: Path) -> bool:
    """Return whether the first process finds a file; the same answer in all processes."""
    return first_says(path.exists)


def missing(items: Sequence[Item], file: Callable[[Item], Path]) -> list[Item]:
    """Return the items without a file, as the first process finds them."""
    places = first_says(
        lambda: [place for place, item in enumerate(items) if not file(item).exists()])
    return [items[place] for place in places]


def barrier() -> None:
    """Wait until all processes have come here; what they wrote before can then be read."""
    if count() > 1:
        exchange(True)


def agree(what: str, content: str) -> None:
    """Raise an error if processes were started with different settings.

    Args:
        what: what was given, for the message.
        content: must be the same text in all processes.

    Raises:
        InputError: it is not; raised in all processes.
    """
    given = exchange(content)
    other = next((place for place, each in enumerate(given) if each != given[0]), None)
    if other is not None:
        raise InputError(f"Process {other} was started with another {what} than process 0 "
                         f"({_first_difference(given[other], given[0])}); start all processes with "
                         "the same command.")


def sum_all(tensor: Tensor) -> Tensor:
    """Replace a tensor by its sum over all processes, in place."""
    if count() > 1:
        from torch import distributed

        _run(lambda: distributed.all_reduce(tensor, group=_group(tensor)))
    return tensor


def spread(tensor: Tensor) -> None:
    """Replace a tensor by that of the first process, in place."""
    if count() > 1:
        from torch import distributed

        _run(lambda: distributed.broadcast(tensor, src=0, group=_group(tensor)))


def _group(tensor: Tensor | None = None) -> ProcessGroup | None:
    on_cpu = tensor is None or tensor.device.type == "cpu"
    return state.group.for_cpu if state.group and on_cpu else None


def _run(operation: Callable[[], object]) -> None:
    try:
        operation()
    except RuntimeError as error:
        if state.group is None or state.group.line.wait_for_failure() is None:
            raise
        raise SeparatedError("another process ended") from error


def _first_difference(one: str, other: str) -> str:
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    lines = next(((a, b) for a, b in pairs if a != b), (one, other))
    return f"{lines[0][:80]!r}, not {lines[1][:80]!r}"
