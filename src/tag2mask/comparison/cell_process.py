"""One cell of a comparison in a process of its own: the program that `jobs` starts.

The first line of stdin is the request. The end of stdin ends the process, so that it never outlives
the comparison, even if that is killed.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tag2mask.core.contracts import InputError
from tag2mask.core.files import full_disk
from tag2mask.core.json_fields import from_json, to_json

MODULE = "tag2mask.comparison.cell_process"

DONE, STOPPED, ENDS_ALL = 0, 130, 3
"""Exit codes: the cell has an outcome, it was stopped, or an error must end the comparison."""

_PATIENCE = 10.0
"""Seconds from the end of stdin to the end of the process, in which files can be completed."""


@dataclass(frozen=True, kw_only=True)
class CellRequest:
    """What a process needs to run a cell; paths are absolute."""

    data: str
    out: str
    """The folder of the comparison."""
    run: str
    """The folder of the cell."""
    choices: Mapping[str, str]
    overrides: tuple[str, ...]
    seed: int
    photos: int | None
    others: tuple[str, ...]
    """Folders of cells whose results are reused."""
    device: str
    workers: int
    verbose: bool

    def line(self) -> bytes:
        """Return the request as one line of JSON."""
        return json.dumps(to_json(self)).encode("ascii") + b"\n"


def main() -> None:
    """Run the requested cell, and exit with one of the codes above."""
    code, ended = STOPPED, threading.Event()
    try:
        for number in (signal.SIGINT, signal.SIGTERM):  # a background shell lets children ignore it
            signal.signal(number, signal.default_int_handler)
        line = sys.stdin.buffer.readline()
        threading.Thread(target=_stop_at_end, args=(sys.stdin.buffer, ended), daemon=True).start()
        code = _run(from_json(CellRequest, json.loads(line)))
    except KeyboardInterrupt:
        pass
    finally:
        ended.set()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # the thread still waits for stdin, which ordinary exits wait for


def _stop_at_end(stdin: IO[bytes], ended: threading.Event) -> None:
    stdin.read()
    if not ended.is_set():
        _interrupt()
        if not ended.wait(_PATIENCE):
            os._exit(STOPPED)


def _interrupt() -> None:
    """Raise KeyboardInterrupt in the main thread, also while that waits."""
    main_thread = threading.main_thread().ident
    if sys.platform != "win32" and main_thread is not None:
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _run(request: CellRequest) -> int:
    from tag2mask.comparison.cells import Cell, CellRunner
    from tag2mask.comparison.grid import Recipe
    from tag2mask.core.progress import Progress
    from tag2mask.run_folder.folder import RunFolder

    progress = Progress("verbose" if request.verbose else "normal", live=False)
    runner = CellRunner(Path(request.data), Path(request.out), request.device, request.workers,
                        progress)
    recipe = Recipe(0, request.choices, request.overrides)
    others = [Cell(recipe, 0, RunFolder(Path(other))) for other in request.others]
    try:
        runner.run(Cell(recipe, request.seed, RunFolder(Path(request.run))), request.photos, others)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        sys.stdout.write(json.dumps(sentence))
        return ENDS_ALL
    return DONE


def _sentence(error: Exception) -> str | None:
    if isinstance(error, InputError):
        return " ".join(str(error).split())
    if full_disk(error):
        return "The disk is full; free some space and repeat the command."
    return None


if __name__ == "__main__":
    main()
