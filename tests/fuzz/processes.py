"""The command line in a process of its own, with limits on time, memory, files and places."""

from __future__ import annotations

import gc
import importlib
import io
import os
import pkgutil
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch

import tag2mask

SECONDS, REAL_SECONDS = 60, 1200
"""Of computing, and by the clock for what only waits; a busy machine needs much of that."""

_GIGABYTE = 2**30
_SKIPPED = ("tag2mask.__main__", "tag2mask.compat")


@dataclass(frozen=True)
class Ending:
    """How a command ended: its exit code, negative for a signal, and what it printed."""

    code: int
    out: str
    err: str


def load_everything() -> None:
    """Import what any command may need, once, so that no child has to."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.walk_packages(tag2mask.__path__, "tag2mask."):
            if not module.name.startswith(_SKIPPED):
                importlib.import_module(module.name)
        for name in ("onnxruntime", "PIL.Image"):
            importlib.import_module(name)
    importlib.import_module("PIL.Image").init()


def warm_up(commands: list[list[str]]) -> None:
    """Run commands here: what they import and compile at first is then there in every child.

    The memory of all that is not looked through for garbage any more, which would copy it.
    """
    for words in commands:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
            _call(words)
    gc.collect()
    gc.freeze()


def run_command(words: tuple[str, ...], folder: Path, prints: Path) -> Ending:
    """Fork, run the command in `folder`, and wait for its end.

    Args:
        words: of the command line; `check` is `run` that stops before the first stage.
        folder: working directory.
        prints: folder for what is printed, and for temporary files.
    """
    prints.mkdir()
    child = os.fork()
    if child == 0:
        _be_command(words, folder, prints)
    status = os.waitpid(child, 0)[1]
    texts = [(prints / name).read_bytes().decode("utf-8", "replace") for name in ("out", "err")]
    return Ending(os.waitstatus_to_exitcode(status), *texts)


def _be_command(words: tuple[str, ...], folder: Path, prints: Path) -> NoReturn:
    code = 1
    try:
        _redirect(folder, prints)
        _limit()
        code = _call(words)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # this is the outermost frame
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(folder: Path, prints: Path) -> None:
    os.chdir(folder)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(prints / name, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    (prints / "tmp").mkdir()
    tempfile.tempdir = str(prints / "tmp")


def _limit() -> None:
    """Set the limits: three gigabytes more than are mapped already, small and few files."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + 3 * _GIGABYTE
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, SECONDS),
                       (resource.RLIMIT_FSIZE, _GIGABYTE // 4), (resource.RLIMIT_NOFILE, 256),
                       (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, REAL_SECONDS)


def _call(words: Sequence[str]) -> int:
    from tag2mask import cli
    from tag2mask.pipeline import runner
    from tag2mask.stages import STAGES

    command, *others = words
    if command in ("check", "run"):
        runner.STAGES = STAGES[:3 if command == "run" else 0]
    sys.argv = ["tag2mask", command.replace("check", "run"), *others]
    cli.main()
    return 0
