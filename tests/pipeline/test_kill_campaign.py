"""Sixty kills at random moments of a run: all end in the same bytes as a run without any.

TAG2MASK_KILLS and TAG2MASK_KILL_SEED choose how many kills, and when.
"""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from loaded_before import forkserver
from tiny_runs import results, run_tiny

KILLS = int(os.environ.get("TAG2MASK_KILLS", "60"))
SEED = int(os.environ.get("TAG2MASK_KILL_SEED", "20"))


def run_until(data: Path, out: Path, seconds: float, pipe: Connection) -> None:
    """Run in a process of its own, which dies when it has computed for some seconds.

    The system ends the process on the spot, as SIGKILL does, because nobody listens to this signal.
    Seconds of computing say how far a run is, however busy the machine is.

    Args:
        data: the data set.
        out: the run folder.
        seconds: of computing; 0 is never.
        pipe: is sent the seconds that the run took, if it came to its end.
    """
    start = time.process_time()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    run_tiny(data, out)
    signal.setitimer(signal.ITIMER_PROF, 0)
    pipe.send(time.process_time() - start)


def lasting(data: Path, out: Path, *, at_most: float = 0) -> float | None:
    """Run, and give the seconds of computing it took; None where it was killed.

    The processes come from one that has loaded torch before, because that takes longer than a run.
    """
    context = forkserver()
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=run_until, args=(data, out, at_most, there))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGPROF)
    return here.recv() if process.exitcode == 0 else None


def kill_moments(moments: random.Random, number: int, whole: float) -> list[float]:
    """Choose when a run dies, in seconds of computing since it was last started.

    The moments cover the whole time of a run. What an earlier attempt has begun is done again, so
    that a run is never further than the seconds of its attempts together, and nearly all hit.
    """
    points = sorted(moments.uniform(0, 0.95) * whole for _ in range(number))
    return [max(0.001, later - earlier) for earlier, later in pairwise([0.0, *points])]


def differing(run: Path, wanted: Path) -> list[str]:
    """Name the files of two runs that are not the same, or only in one."""
    one, other = results(run), results(wanted)
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(tiny_data: Path, tmp_path: Path) -> None:
    """Runs die two to six times; the moments cover the whole time of a run."""
    whole = tmp_path / "whole"
    lasting(tiny_data, tmp_path / "first")  # compiles what every later run finds compiled
    took = lasting(tiny_data, whole)
    assert took is not None
    moments, kills, attempts, number = random.Random(SEED), 0, 0, 0
    while kills < KILLS:
        out, number = tmp_path / f"run{number}", number + 1
        times = kill_moments(moments, 2 + number % 5, took)
        kills += sum(lasting(tiny_data, out, at_most=seconds) is None for seconds in times)
        attempts += len(times)
        lasting(tiny_data, out)
        assert differing(out, whole) == [], f"run {number}, killed after {times} s"
        assert not list(out.rglob("*.tmp*")), "a temporary file is left"
        assert not (out / "run.lock").exists()
    print(f"{kills} kills in {attempts} attempts, {number} runs")  # noqa: T201 - with pytest -s
    assert kills > 0.8 * attempts, "most attempts ended before their kill"
