"""Time is attributed to the innermost block, of any thread, and nothing is counted twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import torch
from torch import nn

from tag2mask.core.profiling import (
    CRF,
    FORWARD,
    OPTIMISE,
    READ,
    WAIT,
    WRITE,
    Repeated,
    count,
    moved_by_step,
    operations_per_pixel,
    recorded_work,
    recording,
    work,
)

Pass = Callable[[float], None]


@pytest.fixture
def spend(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Give a function that lets time pass, on a clock that stands still otherwise."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def advance(seconds: float) -> None:
        now[0] += seconds

    return advance


def test_the_time_of_an_inner_block_is_its_own(spend: Pass) -> None:
    """So that all kinds sum up to the whole."""
    with recorded_work() as recorded:
        with work(FORWARD):
            spend(1)
            with work(READ):
                spend(2)
            spend(4)
        spend(8)  # in no block
    total = recorded.total()
    assert {kind: one.seconds for kind, one in total.items()} == {FORWARD: 5, READ: 2}
    assert total[FORWARD].calls == 1


def test_a_block_that_fails_ends(spend: Pass) -> None:
    """What follows does not count as its work."""
    def fail() -> None:
        with work(READ):
            spend(1)
            raise ValueError("broken")

    with recorded_work() as recorded:
        with pytest.raises(ValueError, match="broken"):
            fail()
        spend(2)
    assert recorded.total()[READ].seconds == 1


def test_waiting_is_the_work_of_the_threads_that_are_waited_for(spend: Pass) -> None:
    """In proportion to their time; what they do not explain remains waiting."""
    def other() -> None:
        with work(CRF):
            spend(3)
        with work(WRITE):
            spend(1)

    with recorded_work() as recorded, work(WAIT):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        spend(2)
    seconds = {kind: one.seconds for kind, one in recorded.total().items()}
    assert seconds == {CRF: 3, WRITE: 1, WAIT: 2}


def test_work_of_other_threads_takes_no_time_that_was_not_waited_for(spend: Pass) -> None:
    """A photo that is read while the network trains delays nothing."""
    def other() -> None:
        with work(READ):
            spend(3)

    with recorded_work() as recorded, work(FORWARD):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    total = recorded.total()
    assert (total[FORWARD].seconds, total[READ].seconds) == (3, 0)


def test_the_cpu_time_of_all_threads_is_counted_once() -> None:
    """That of a worker is not the main thread's, although both are the process's."""
    def burn() -> None:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass

    def other() -> None:
        with work(CRF):
            burn()

    before = time.process_time()
    with recorded_work() as recorded, work(WAIT):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        with work(READ):
            burn()
    total = recorded.total()
    assert total[CRF].cpu_seconds > 0.015
    assert total[READ].cpu_seconds > 0.015
    assert sum(one.cpu_seconds for one in total.values()) <= time.process_time() - before


def test_without_a_recording_nothing_is_kept(spend: Pass) -> None:
    """A block inside it may even outlast it."""
    block = work(READ)
    with recorded_work() as recorded:
        assert recording()
        block.__enter__()
    assert not recording()
    block.__exit__(None, None, None)
    with work(FORWARD):
        spend(1)
    count(READ, photos=3)
    assert FORWARD not in recorded.total()
    assert recorded.total()[READ].photos == 0


def test_amounts_add_up() -> None:
    """Photos and bytes of a kind, whichever thread counts them."""
    with recorded_work() as recorded:
        count(READ, photos=2)
        thread = threading.Thread(target=count, args=(READ,), kwargs={"photos": 3})
        thread.start()
        thread.join()
        count(WRITE, moved_bytes=10)
    total = recorded.total()
    assert (total[READ].photos, total[WRITE].bytes) == (5, 10)


def test_operations_are_counted_once_and_multiplied() -> None:
    """A product of (4, 5) by (5, 3) has 60 multiplications and 60 additions."""
    product: Repeated[torch.Tensor] = Repeated(FORWARD)
    with recorded_work() as recorded:
        results = [product(lambda: torch.ones(4, 5) @ torch.ones(5, 3)) for _ in range(3)]
    total = recorded.total()[FORWARD]
    assert (total.operations, total.calls) == (360, 3)
    assert all(bool((result == 5).all()) for result in results)


def test_operations_per_pixel() -> None:
    """A convolution of 3 channels to 2 by 3 x 3 cells has 54 products a pixel."""
    network = nn.Conv2d(3, 2, 3, padding=1)
    assert operations_per_pixel(network) == 0
    with recorded_work():
        assert operations_per_pixel(network) == 108


def test_a_step_of_an_optimiser_moves_weights_gradient_and_state() -> None:
    """Of Adam: three tensors are read and written, and the gradient is read."""
    weights = nn.Parameter(torch.ones(10))
    frozen = nn.Parameter(torch.ones(10))
    optimizer = torch.optim.Adam([weights, frozen])
    weights.sum().backward()
    optimizer.step()
    assert moved_by_step(optimizer) == 0
    with recorded_work() as recorded:
        count(OPTIMISE, moved_bytes=moved_by_step(optimizer))
    assert recorded.total()[OPTIMISE].bytes == 7 * 40
