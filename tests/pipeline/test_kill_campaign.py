"""Sixty kills at random moments of a run: all end in the same bytes as a run without any."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_runs import QUICK, results

KILLS, SEED = 60, 20
LAUNCH = Path(__file__).with_name("tiny_runs.py")
SETTINGS = [word for setting in QUICK for word in ("--set", setting)]


def run_for(data: Path, out: Path, *, seconds: float | None = None) -> float:
    """Run, kill the process after `seconds`, and give the time that it had.

    The clock starts at the first file in the run folder: what comes before is only imports.
    """
    words = [sys.executable, str(LAUNCH), "run", str(data), "--out", str(out), *SETTINGS, "--quiet"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            while process.poll() is None and not (out / "run.lock").exists():
                time.sleep(0.002)
            start = time.monotonic()
            _, err = process.communicate(timeout=seconds)
            assert process.returncode == 0, err.decode()
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        return time.monotonic() - start


def differing(run: Path, wanted: Path) -> list[str]:
    """Name the files of two runs that are not the same, or only in one."""
    one, other = results(run), results(wanted)
    return [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(tiny_data: Path, tmp_path: Path) -> None:
    """Some runs die several times; the moments cover the whole time of a run."""
    whole = tmp_path / "whole"
    lasting = run_for(tiny_data, whole)
    moments, kills, number = random.Random(SEED), 0, 0
    while kills < KILLS:
        out, number = tmp_path / f"run{number}", number + 1
        for _ in range(3):
            seconds = moments.uniform(0.0, 0.9 * lasting)
            kills += run_for(tiny_data, out, seconds=seconds) < lasting
            time_left = not (out / "report.html").exists()
            if not time_left:
                break
        run_for(tiny_data, out)
        assert differing(out, whole) == [], f"after {kills} kills, the last at {seconds:.2f} s"
        assert not list(out.rglob("*.tmp*")), "a temporary file is left"
        assert not (out / "run.lock").exists()
