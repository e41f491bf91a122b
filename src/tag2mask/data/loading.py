"""Read ahead in a few threads, and cache decoded photos.

Threads, not processes: decoding and resizing release Python's lock, and a second process beside the
network's threads made training steps ten to forty times slower on two cores.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

import numpy as np

from tag2mask.core.profiling import PREPARE, READ, WAIT, count, work
from tag2mask.data.depth import DepthRule
from tag2mask.data.photos import load_photo, loaded_size

Item = TypeVar("Item")
Result = TypeVar("Result")


def read_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int, ahead: int,
    kind: str = PREPARE,
) -> Iterator[Result]:
    """Apply `function` to `items` in order, at most `ahead` of them in advance.

    Args:
        function: must be thread-safe.
        items: consumed only as fast as results are taken, so that memory use is bounded.
        workers: number of threads; 0 calls `function` in the caller's thread.
        ahead: maximum number of results that wait.
        kind: the kind of work that `function` does, for profiles.
    """
    def call(item: Item) -> Result:
        with work(kind):
            return function(item)

    if workers == 0:
        yield from map(call, items)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(call, item))
                if len(waiting) > ahead:
                    yield _awaited(waiting.popleft())
            while waiting:
                yield _awaited(waiting.popleft())
        finally:
            for future in waiting:
                future.cancel()


def _awaited(future: Future[Result]) -> Result:
    with work(WAIT):
        return future.result()


class PhotoCache:
    """A cache of decoded photos that evicts the least recently used first.

    Args:
        max_side: long side to which photos are shrunk before caching.
        megabytes: capacity of the cache; photos beyond it are decoded again.
        read: function that replaces `load_photo`.
        depth: the data set's rule for photos deeper than 8 bits.
    """

    def __init__(
        self, *, max_side: int, megabytes: int = 512,
        read: Callable[[Path], np.ndarray] | None = None, depth: DepthRule | None = None,
    ) -> None:
        """Create an empty cache."""
        self._read = read or partial(load_photo, max_side=max_side, depth=depth)
        self._room, self._max_side = megabytes * 2**20, max_side
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._photos: OrderedDict[Path, np.ndarray] = OrderedDict()
        self._lock = Lock()

    def __call__(self, path: Path) -> np.ndarray:
        """Return the photo at `path`, (H, W, 3) uint8; callers must not modify it."""
        with self._lock:
            if path in self._photos:
                self._photos.move_to_end(path)
                count(READ, photos=1)
                return self._photos[path]
        photo = self._read(path)
        with self._lock:
            if path not in self._photos:
                self._photos[path] = photo
                self._room -= photo.nbytes
            while self._room < 0:
                self._room += self._photos.popitem(last=False)[1].nbytes
        return photo

    def size(self, path: Path) -> tuple[int, int]:
        """Return (H, W) of the photo at `path` as read, without decoding it."""
        if path not in self._sizes:
            self._sizes[path] = loaded_size(path, self._max_side)
        return self._sizes[path]
