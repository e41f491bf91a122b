"""Retraining at the end of a review session: the command, its progress, and its result."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from tag2mask.core.contracts import InputError
from tag2mask.review.source import Source
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import read_metrics
from tag2mask.stages.report.findings import headline

_LINES = 12


@dataclass(frozen=True)
class Status:
    """The state of a training."""

    state: str
    """"idle", "running", "done" or "failed"."""
    command: str
    lines: list[str]
    before: str
    """Headline figure of the run before the training started; "" if there is none."""
    after: str


class Training:
    """Runs `tag2mask run` in a process of its own, one at a time."""

    def __init__(self, source: Source) -> None:
        """Store the source whose run is trained again."""
        self._source = source
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._before = ""

    @property
    def words(self) -> list[str]:
        """Return the arguments of the command, without the program."""
        data, run = self._source.dataset.root, self._source.run
        out = run.root if run else Path("runs") / data.resolve().name
        config = ["--config", str(run.config)] if run and run.config.exists() else []
        return ["run", str(data), "--out", str(out), *config]

    @property
    def running(self) -> bool:
        """Whether a training is running."""
        return self._process is not None and self._process.poll() is None

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
            self._lines.clear()
            self._before = figure(self._source.run)
            self._process = subprocess.Popen(  # this program, without a shell
                [sys.executable, "-m", "tag2mask", *self.words], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
                errors="replace")
            self._reader = Thread(target=self._follow, args=(self._process,), daemon=True)
            self._reader.start()

    def status(self) -> Status:
        """Return the state of the training."""
        process, run = self._process, self._source.run
        state = "idle"
        if process is not None:
            code = process.poll()
            state = "running" if code is None else "failed" if code else "done"
        return Status(state, f"tag2mask {shlex.join(self.words)}", list(self._lines),
                      self._before, figure(run) if run and state == "done" else "")

    def wait(self) -> None:
        """Wait until the training has ended and its last line has been read."""
        if self._reader is not None:
            self._reader.join()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._lines.append(line.rstrip())
        process.wait()


def figure(run: RunFolder) -> str:
    """Return the headline figure of a run; "" if it has none."""
    top = headline(read_metrics(run))
    return f"{top.value} {top.what}" if top else ""
