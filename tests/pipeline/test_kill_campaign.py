"""Sixty kills at random moments of a run: all end in the same bytes as a run without any."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tiny_runs import QUICK, results

KILLS, SEED = 60, 20
LAUNCH = Path(__file__).with_name("tiny_runs.py")
SETTINGS = [word for setting in QUICK for word in ("--set", setting)]


def started(data: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start a run, and wait for its first file: what comes before is only imports."""
    words = [sys.executable, str(LAUNCH), "run", str(data), "--out", str(out), *SETTINGS, "--quiet"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    before = (out / "run.lock").stat().st_mtime_ns if (out / "run.lock").exists() else 0
    while process.poll() is None:
        with suppress(OSError):
            if (out / "run.lock").stat().st_mtime_ns != before:
                break
        time.sleep(0.002)
    return process


def finish(data: Path, out: Path) -> float:
    """Run to the end, and give the seconds from the first file on."""
    with started(data, out) as process:
        start = time.monotonic()
        _, err = process.communicate()
        assert process.returncode == 0, err.decode()
    return time.monotonic() - start


def killed(data: Path, out: Path, *, after: float) -> bool:
    """Run, and kill the process after some seconds; whether it was still running then."""
    with started(data, out) as process:
        try:
            _, err = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return True
        assert process.returncode == 0, err.decode()
    return False


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
