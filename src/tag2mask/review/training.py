"""Retraining at the end of a review session: the command, its progress, and its result."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from tag2mask.core.contracts import InputError
from tag2mask.review.source import Source
from tag2mask.run_folder.lock import in_use
from tag2mask.stages.report.findings import figure_of

_LINES = 12
_TAIL = 16_384
"""Number of bytes at the end of the output in which the last lines are looked for."""


@dataclass(frozen=True)
class Status:
    """The state of a training."""

    state: str
    """"idle", "running", "busy" (another process trains the run), "done" or "failed"."""
    command: str
    lines: list[str]
    """Last lines of the output."""
    before: str
    """Headline figure of the run before the training started; "" if there is none."""
    after: str
    """Headline figure after a training that is done; "" if there is none."""


class Training:
    """Runs `tag2mask run` in a process of its own, one at a time.

    Its output goes to a file instead of a pipe, so that it continues if the server is killed.
    """

    def __init__(self, source: Source) -> None:
        """Store the source whose run is trained again."""
        self._source = source
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._before = ""

    @property
    def words(self) -> list[str]:
        """Return the arguments of the command, without the program."""
        data, run = self._source.dataset.root, self._source.run
        if run is None:
            return ["run", str(data), "--out", str(Path("runs") / data.resolve().name)]
        config = ["--config", str(run.config.resolve())] if run.config.exists() else []
        return ["run", str(data.resolve()), "--out", str(run.root.resolve()), *config]

    @property
    def running(self) -> bool:
        """Whether the training that was started here is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def busy(self) -> bool:
        """Whether any process is training the run, also one that was not started here."""
        return self.running or (self._source.run is not None and in_use(self._source.run.root))

    def start(self) -> None:
        """Start the training unless it is already running.

        Raises:
            InputError: the source is a data set without a run to repeat.
        """
        if self._source.run is None:
            raise InputError("There is no run to repeat; start one with: "
                             f"tag2mask {shlex.join(self.words)}")
        with self._lock:
            if self.running:
                return
            self._before = figure_of(self._source.run)
            self._folder = tempfile.TemporaryDirectory(prefix="tag2mask-review-",
                                                       ignore_cleanup_errors=True)
            with Path(self._folder.name, "output").open("wb") as output:
                self._process = subprocess.Popen(  # this program, without a shell
                    [sys.executable, "-m", "tag2mask", *self.words], stdin=subprocess.DEVNULL,
                    stdout=output, stderr=subprocess.STDOUT,
                    env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    def status(self) -> Status:
        """Return the state of the training."""
        process, run = self._process, self._source.run
        code = process.poll() if process is not None else None
        state = "running" if self.running else "busy" if self.busy else "idle"
        if state == "idle" and process is not None:
            state = "failed" if code else "done"
        lines = self._lines()
        if state == "failed" and code is not None and code < 0:
            lines.append(f"Ended by signal {-code}; the same command continues from here.")
        return Status(state, f"tag2mask {shlex.join(self.words)}", lines, self._before,
                      figure_of(run) if run and state == "done" else "")

    def wait(self) -> None:
        """Wait until the training has ended."""
        if self._process is not None:
            self._process.wait()

    def _lines(self) -> list[str]:
        """Read the last lines of the output so far."""
        if self._folder is None:
            return []
        with Path(self._folder.name, "output").open("rb") as output:
            start = max(0, output.seek(0, 2) - _TAIL)
            output.seek(start)
            lines = output.read().decode("utf-8", errors="replace").splitlines()
        return lines[1 if start else 0:][-_LINES:]
