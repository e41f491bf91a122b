"""Responses to clicks; regions of photos are computed ahead in the background."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.crf.box_fill import fill_box
from tag2mask.crf.click_regions import Click, propose
from tag2mask.crf.photo_regions import PhotoRegions, divide_photo
from tag2mask.data import load_photo
from tag2mask.data.dataset import Photo
from tag2mask.review.annotations import LONGEST_SIDE
from tag2mask.review.click_limits import limited
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
        """Correct one class of a mask by clicks, within `limited`.

        Args:
            photo: a photo of the source.
            label: 1 to K, or 255 to mark undecided pixels.
            clicks: clicks, in pixels of the photo at the size of the page.
            labels: (h, w) uint8, the current mask at the size of the page.
            whole: whether all of the class may change, which suits a draft.

        Returns:
            (h, w) bool, the corrected mask of the class.

        Raises:
            ValueError: a click is outside of the photo.
        """
        image, regions = self.prepare(photo).result()
        proposed = propose(image, self._scores(photo, label), clicks, present=labels == label,
                           regions=regions, whole=whole)
        return limited(labels, label, clicks, proposed)

    def fill(
        self, photo: Photo, label: int, box: tuple[int, int, int, int], labels: np.ndarray
    ) -> np.ndarray:
        """Find the object in a box.

        Args:
            photo: a photo of the source.
            label: 1 to K, or 255 to mark undecided pixels.
            box: top, left, bottom and right, in pixels of the photo at the size of the page;
                bottom and right are exclusive.
            labels: (h, w) uint8, the current mask at the size of the page.

        Returns:
            (h, w) bool.

        Raises:
            ValueError: the box is empty or leaves the photo.
        """
        image, regions = self.prepare(photo).result()
        top, left, bottom, right = box
        if not (top < bottom <= image.shape[0] and left < right <= image.shape[1]):
            raise ValueError("the box is empty or leaves the photo")
        others = ~np.isin(labels, (BACKGROUND, label, IGNORE))
        return fill_box(regions, box, self._scores(photo, label), others=others)

    def _scores(self, photo: Photo, label: int) -> np.ndarray | None:
        return self._source.scores(photo, label) if label != IGNORE else None

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
    click = Click(10, 10, positive=False)
    mask = propose(image, None, [click], present=mask, regions=regions)
    limited(mask.astype(np.uint8), 1, [click], mask)
    fill_box(regions, (100, 100, 300, 300), others=mask)


def _prepared(photo: Photo) -> Prepared:
    image = page_photo(photo)
    return image, divide_photo(image)
