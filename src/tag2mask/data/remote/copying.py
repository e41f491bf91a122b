"""Copy the files of a data set, several at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tag2mask.core.progress import Progress
from tag2mask.data.remote.attempts import patiently
from tag2mask.data.remote.source import RemoteFile, Source


class IncompleteError(Exception):
    """A file arrived with another size than announced; another attempt may help."""


def copy_all(
    source: Source, files: Sequence[RemoteFile], folder: Path, *, what: str, progress: Progress
) -> None:
    """Copy files into a folder.

    Args:
        source: the data set.
        files: the files to copy.
        folder: their new folder.
        what: the address, for messages.
        progress: reports every file.

    Raises:
        InputError: a file could not be copied; those that are complete stay.
    """
    stop = threading.Event()

    def copy(file: RemoteFile) -> None:
        if not stop.is_set():
            patiently(partial(_copied, source, file, folder / file.name, stop),
                      what=f"{what}, file {file.name}")

    with progress.stage("download", total=len(files), unit="files") as bar:
        one = source.at_once == 1
        for _ in map(copy, files) if one else _in_threads(copy, source, files, stop):
            bar.advance()


def _in_threads(
    copy: Callable[[RemoteFile], None], source: Source, files: Sequence[RemoteFile],
    stop: threading.Event,
) -> Iterator[None]:
    with ThreadPoolExecutor(source.at_once) as pool:
        try:
            for done in as_completed([pool.submit(copy, file) for file in files]):
                yield done.result()
        finally:  # after an error or an interruption, nothing further is copied
            stop.set()


def _copied(source: Source, file: RemoteFile, target: Path, stop: threading.Event) -> None:
    source.fetch(file.name, target, stop.is_set)
    size = target.stat().st_size
    if file.size is not None and size != file.size:
        target.unlink()
        raise IncompleteError(f"{size:,} bytes of {file.size:,} arrived")
