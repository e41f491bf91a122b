"""A file in a bucket that is read by parts, of which the first are kept on this machine.

Parts are kept as blocks, so that a first pass over photos in the order of their shards takes few
requests. A block is kept only if the file was unchanged after it had arrived. Nothing is ever
removed to make room: a training reads all photos in every epoch, and would read none of them from a
store that keeps what was read last.
"""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from tag2mask.core.files import atomic_path

BLOCK = 2 * 2**20
"""Bytes that are fetched together: at 100 MB/s they take 20 ms, about as long as an answer."""

_RESERVE = 2**30
"""Bytes of the disk that stay free."""

_guard = threading.Lock()
_pending: dict[Path, Future[bytes]] = {}
"""The blocks that threads of this process are fetching now."""


class KeptBlocks(io.RawIOBase):
    """The file, to be read like one of this machine."""

    def __init__(
        self, url: str, size: int, *, kept: int, folder: Path, check: Callable[[], None]
    ) -> None:
        """Open the file, without asking for anything.

        Args:
            url: its address.
            size: its number of bytes.
            kept: number of bytes from its start that may be kept.
            folder: folder of the kept blocks.
            check: raises an error if the file has changed.
        """
        self._url, self._size, self._kept = url, size, kept
        self._folder, self._check, self._position = folder, check, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, without asking for anything."""
        start = (0, self._position, self._size)[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill the buffer, or the part of it for which there are bytes.

        Raises:
            SourceError: the bucket does not answer, or the file has changed.
        """
        view = memoryview(buffer).cast("B")
        end = min(self._position + len(view), self._size)
        got = 0
        while self._position < end:
            part = self._read(self._position, end)
            view[got:got + len(part)] = part
            got, self._position = got + len(part), self._position + len(part)
        return got

    def _read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end`, or up to the end of a block that is kept."""
        first = start - start % BLOCK
        last = min(first + BLOCK, self._size)
        if last > self._kept:
            return self._fetched(start, end)
        end = min(end, last)
        file = self._folder / str(first)
        found = _stored(file, last - first, start - first, end - start)
        return self._shared(file, first, last)[start - first:end - first] if found is None \
            else found

    def _shared(self, file: Path, first: int, last: int) -> bytes:
        """Fetch a block once for all threads that want it."""
        with _guard:
            pending = _pending.get(file)
            mine = Future[bytes]() if pending is None else None
            if mine:
                _pending[file] = mine
        if mine is None:
            assert pending is not None
            return pending.result()
        try:
            # Another thread may have kept it since this one looked for it.
            content = _stored(file, last - first, 0, last - first)
            if content is None:
                content = self._fetched(first, last)
                _keep(file, content)
            mine.set_result(content)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with _guard:
                del _pending[file]
        return content

    def _fetched(self, start: int, end: int) -> bytes:
        from tag2mask.data.remote.ranges import read_part  # needed for buckets only

        content = read_part(self._url, start, end)
        self._check()
        return content


def _stored(file: Path, size: int, start: int, length: int) -> bytes | None:
    """Return a part of a block that is kept; None if it is not, or is cut."""
    try:
        with file.open("rb") as stored:
            if stored.seek(0, io.SEEK_END) != size:
                return None
            stored.seek(start)
            return stored.read(length)
    except OSError:
        return None


def _keep(file: Path, content: bytes) -> None:
    """Keep a block; where the system refuses to, it is fetched again when it is next needed."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(file.parent).free > _RESERVE:
            with atomic_path(file) as temporary:
                temporary.write_bytes(content)
