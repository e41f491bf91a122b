"""The share of a process in a training batch, and counts over the whole batch.

A batch is the same for any number of processes; each reads and computes some of its photos. The
loss of a share is weighted by its size, so that the sum over all processes, and the sum of their
gradients, are those of the whole batch. A process without the memory for its share computes it in
parts, which are shares too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tag2mask.core.contracts import InputError
from tag2mask.core.processes.collectives import sum_all
from tag2mask.core.processes.state import count, rank

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class BatchShare:
    """Consecutive photos of a batch.

    Attributes:
        start: first photo.
        stop: the photo after the last.
        whole: number of photos in the batch.
        counts: whether the photos count; a process for which there is none repeats the first, so
            that it takes part in all operations.
        within: the share of the process, if these photos are a part of it.
    """

    start: int
    stop: int
    whole: int
    counts: bool = True
    within: BatchShare | None = None

    @classmethod
    def of(cls, whole: int) -> BatchShare:
        """Return the share of this process in a batch of `whole` photos."""
        start, stop = (place * whole // count() for place in (rank(), rank() + 1))
        return cls(start, stop, whole) if start < stop else cls(0, 1, whole, counts=False)

    @property
    def rows(self) -> slice:
        """The photos of the share."""
        return slice(self.start, self.stop)

    def parts(self, at_once: int) -> list[BatchShare]:
        """Divide the share into parts of at most `at_once` photos; 0 for a single part.

        All processes have the same number of parts, so that they take part in all operations.
        """
        number = -(-largest_share(self.whole) // at_once) if at_once else 1
        if number == 1:
            return [self]
        bounds = [self.start + place * (self.stop - self.start) // number
                  for place in range(number + 1)]
        return [
            BatchShare(start, stop, self.whole, self.counts, within=self) if start < stop
            else BatchShare(self.start, self.start + 1, self.whole, counts=False, within=self)
            for start, stop in pairwise(bounds)
        ]

    @property
    def rows_within(self) -> slice:
        """The photos of a part among those of the share."""
        first = self.within.start if self.within else self.start
        return slice(self.start - first, self.stop - first)

    @property
    def weight(self) -> float:
        """Fraction of the batch, 0 if the photos do not count."""
        return (self.stop - self.start) / self.whole if self.counts else 0.0

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let the losses in the block count over the whole batch."""
        _used.append(self)
        try:
            yield
        finally:
            _used.pop()


def largest_share(whole: int) -> int:
    """Return the most photos that a process has of a batch of `whole` photos."""
    return -(-whole // count())


_used: list[BatchShare] = []
"""The share in use; only the main thread computes losses."""


def share_in_use() -> BatchShare | None:
    """Return the share or part whose loss is computed; None if it is the whole batch."""
    return _used[-1] if _used and (count() > 1 or _used[-1].within) else None


def weighted(loss: Tensor, share: BatchShare) -> Tensor:
    """Weight the loss of a share or part; the sum over all is the loss of the batch."""
    return loss if count() == 1 and not share.within else loss * share.weight


def joint_count(number: Tensor, *, in_share: Tensor | None = None) -> Tensor:
    """Return the divisor that turns a sum over a share into a mean over the whole batch.

    Losses divide by the number of photos that they average. One that averages something else, such
    as labelled pixels, divides by this number instead; `weighted` then gives the mean over the
    pixels of the whole batch.

    Args:
        number: a scalar, what the share or part has of it.
        in_share: a scalar, what the whole share has of it; needed if a part is computed.

    Returns:
        a scalar: for a whole batch, the number, at least 1.

    Raises:
        InputError: a part is computed, and it is unknown what the share has.
    """
    share = share_in_use()
    if share is None:
        return number.clamp_min(1)
    if share.within and in_share is None:
        raise InputError("This loss averages other things than crops, and cannot be computed in "
                         "parts of a batch; set at_once to 0.")
    own = number if in_share is None else in_share
    total = sum_all(own.detach().double() * (share.within or share).counts).clamp_min(1)
    return (total * (share.weight or 1.0)).float()
