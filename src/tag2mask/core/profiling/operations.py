"""Count the floating-point operations and memory traffic of torch, for shares of a machine's limit.

Operations are those of convolutions and matrix products; a multiplication and an addition count as
two. Functions that torch does not compute itself are not counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from tag2mask.core.profiling.recording import count, recording, work

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

Result = TypeVar("Result")


class Repeated(Generic[Result]):
    """A kind of work in many calls alike, whose operations are counted in the first of them.

    Counting slows a call down by about half, so it is not repeated.
    """

    def __init__(self, kind: str) -> None:
        """Name the kind of work."""
        self._kind = kind
        self._operations: float | None = None

    def __call__(self, call: Callable[[], Result]) -> Result:
        """Call a function as work of this kind."""
        with work(self._kind):
            if not recording():
                return call()
            if self._operations is None:
                result, self._operations = _counted(call)
            else:
                result = call()
            count(self._kind, operations=self._operations)
        return result


def operations_per_pixel(call: Callable[[Tensor], object]) -> float:
    """Count the operations of a network per pixel of its input; 0 unless work is recorded."""
    if not recording():
        return 0.0
    import torch

    with torch.inference_mode():
        images = torch.zeros(1, 3, 128, 160)
        return _counted(lambda: call(images))[1] / (128 * 160)


def moved_by_step(optimizer: Optimizer) -> float:
    """Return the bytes that a step of an optimiser reads and writes; 0 unless work is recorded.

    These are the gradient, which is read, and the weights and the tensors of its state, which are
    read and written.
    """
    if not recording():
        return 0.0
    moved = 0
    for group in optimizer.param_groups:
        for weights in group["params"]:
            if weights.grad is not None:
                state = [value for value in optimizer.state.get(weights, {}).values()
                         if getattr(value, "shape", ()) == weights.shape]
                moved += weights.nbytes + 2 * sum(t.nbytes for t in (weights, *state))
    return float(moved)


def _counted(call: Callable[[], Result]) -> tuple[Result, float]:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        result = call()
    return result, float(counter.get_total_flops())
