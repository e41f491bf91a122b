"""Sixty kills at random moments of a run: all end in the same bytes as a run without any."""

from __future__ import annotations

import multiprocessing
import random
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from tiny_runs import results, run_tiny

KILLS, SEED = 60, 20


def started(data: Path, out: Path) -> BaseProcess:
    """Start a run in a process of its own, and wait for its first file.

    The processes come from one that has loaded torch before, because that takes longer than a run.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tiny_runs", "tag2mask.pipeline"])
    before = (out / "run.lock").stat().st_mtime_ns if (out / "run.lock").exists() else 0
    process = context.Process(target=run_tiny, args=(data, out))
    process.start()
    while process.is_alive():
        with suppress(OSError):
            if (out / "run.lock").stat().st_mtime_ns != before:
                break
        time.sleep(0.002)
    return process


def finish(data: Path, out: Path) -> float:
    """Run to the end, and give the seconds from the first file on."""
    process, start = started(data, out), time.monotonic()
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - start


def killed(data: Path, out: Path, *, after: float) -> bool:
    """Run, and kill the process after some seconds; whether it was still running then."""
    process = started(data, out)
    process.join(after)
    process.kill()
    process.join()
    assert process.exitcode in (0, -9)
    return process.exitcode == -9


def differing(run: Path, wanted: Path) -> list[str]:
    """Name the files of two runs that are not the same, or only in one."""
    one, other = results(run), results(wanted)
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(tiny_data: Path, tmp_path: Path) -> None:
    """Some runs die several times; the moments cover the whole time of a run."""
    whole = tmp_path / "whole"
    lasting = finish(tiny_data, whole)
    moments, kills, number = random.Random(SEED), 0, 0
    while kills < KILLS:
        out, number = tmp_path / f"run{number}", number + 1
        times = [moments.uniform(0.0, 0.95 * lasting) for _ in range(1 + number % 3)]
        kills += sum(killed(tiny_data, out, after=seconds) for seconds in times)
        finish(tiny_data, out)
        assert differing(out, whole) == [], f"run {number}, killed after {times} s"
        assert not list(out.rglob("*.tmp*")), "a temporary file is left"
        assert not (out / "run.lock").exists()
