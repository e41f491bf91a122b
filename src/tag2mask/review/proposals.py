"""Responses to clicks; regions of photos are computed ahead in the background."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import numpy as np

from tag2mask.crf.click_regions import Click, propose
from tag2mask.crf.photo_regions import PhotoRegions, divide_photo
from tag2mask.data import load_photo
from tag2mask.data.dataset import Photo
from tag2mask.review.annotations import LONGEST_SIDE
from tag2mask.review.source import Source

_KEPT = 12
"""Number of photos whose regions are cached; the largest ones take about 30 MB each."""

Prepared = tuple[np.ndarray, PhotoRegions]


class Proposals:
    """Photos at the size of the page, and their regions; safe for use from several threads."""

    def __init__(self, source: Source) -> None:
        """Start a background thread, which first compiles the functions that respond to clicks."""
        self._source = source
        self._ready: OrderedDict[str, Future[Prepared]] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="regions")
        self._pool.submit(_compile)
        self._lock = Lock()

    def prepare(self, photo: Photo) -> Future[Prepared]:
        """Start dividing a photo into regions unless it has been started before."""
        with self._lock:
            if photo.name not in self._ready:
                self._ready[photo.name] = self._pool.submit(_prepared, photo)
            self._ready.move_to_end(photo.name)
            while len(self._ready) > _KEPT:
                self._ready.popitem(last=False)[1].cancel()
            return self._ready[photo.name]

    def answer(
        self, photo: Photo, label: int, clicks: Sequence[Click], labels: np.ndarray, *,
        whole: bool,
    ) -> np.ndarray:
        """Correct one class of a mask by clicks.

        Args:
            photo: a photo of the source.
            label: 1 to K, or 255 to mark undecided pixels.
            clicks: clicks, in pixels of the photo at the size of the page.
            labels: (h, w) uint8, the current mask at the size of the page.
            whole: whether all of the class may change, which suits a draft.

        Returns:
            (h, w) bool, the corrected mask of the class.
        """
        image, regions = self.prepare(photo).result()
        scores = self._source.scores(photo, label) if label != 255 else None
        return propose(image, scores, clicks, present=labels == label, regions=regions,
                       whole=whole)

    def image(self, photo: Photo) -> np.ndarray:
        """Return a photo at the size of the page, (h, w, 3) uint8."""
        with self._lock:
            ready = self._ready.get(photo.name)
        if ready is not None and ready.done() and not ready.cancelled():
            return ready.result()[0]
        return page_photo(photo)

    def close(self) -> None:
        """Stop the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def page_photo(photo: Photo) -> np.ndarray:
    """Decode a photo at the size of the page: (h, w, 3) uint8."""
    return load_photo(photo.path, max_side=LONGEST_SIDE, depth=photo.depth)


def _compile() -> None:
    """Respond to clicks on a blank photo: after an installation the first response takes seconds.

    The photo is large enough to be shrunk for its regions.
    """
    image = np.zeros((404, 404, 3), np.uint8)
    image[100:300, 100:300] = 255
    regions = divide_photo(image, count=100)
    mask = propose(image, None, [Click(200, 200)], regions=regions)
    propose(image, None, [Click(10, 10, positive=False)], present=mask, regions=regions)


def _prepared(photo: Photo) -> Prepared:
    image = page_photo(photo)
    return image, divide_photo(image)
