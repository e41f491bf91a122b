"""The share of a process in a training batch, and counts over the whole batch.

A batch is the same for any number of processes; each reads and computes some of its photos. The
loss of a share is weighted by its size, so that the sum over all processes, and the sum of their
gradients, are those of the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """

    start: int
    stop: int
    whole: int
    counts: bool = True

    @classmethod
    def of(cls, whole: int) -> BatchShare:
        """Return the share of this process in a batch of `whole` photos."""
        start, stop = (place * whole // count() for place in (rank(), rank() + 1))
        return cls(start, stop, whole) if start < stop else cls(0, 1, whole, counts=False)

    @property
    def rows(self) -> slice:
        """The photos of the share."""
        return slice(self.start, self.stop)

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


_used: list[BatchShare] = []
"""The share in use; only the main thread computes losses."""


def share_in_use() -> BatchShare | None:
    """Return the share whose loss is computed; None outside of a shared training."""
    return _used[-1] if _used and count() > 1 else None


def weighted(loss: Tensor, share: BatchShare) -> Tensor:
    """Weight the loss of a share; the sum over all processes is the loss of the batch."""
    return loss if count() == 1 else loss * share.weight


def joint_count(number: Tensor) -> Tensor:
    """Return the divisor that turns a sum over a share into a mean over the whole batch.

    Losses divide by the number of photos that they average. One that averages something else, such
    as labelled pixels, divides by this number instead; `weighted` then gives the mean over the
    pixels of the whole batch.

    Args:
        number: a scalar, what the share has of it.

    Returns:
        a scalar: with one process, the number, at least 1.
    """
    share = share_in_use()
    if share is None:
        return number.clamp_min(1)
    total = sum_all(number.detach().double() * share.counts).clamp_min(1)
    return (total * (share.weight or 1.0)).float()
