"""Reading ahead keeps order and bounds, and the cache its limit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.data.loading import PhotoCache, read_ahead


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("ahead", [0, 1, 4, 100])
def test_the_order_is_kept(workers: int, ahead: int) -> None:
    """Even when later items are done first."""
    first_may_go = threading.Event()

    def slow_start(item: int) -> int:
        if item == 0 and workers > 1 and ahead:
            first_may_go.wait(5)
        if item == 1:
            first_may_go.set()
        return 10 * item

    found = list(read_ahead(slow_start, range(12), workers=workers, ahead=ahead))
    assert found == [10 * item for item in range(12)]
    assert list(read_ahead(slow_start, [], workers=workers, ahead=ahead)) == []


@pytest.mark.parametrize(("workers", "ahead"), [(1, 3), (3, 3), (4, 0)])
def test_items_are_drawn_only_as_fast_as_results_are_taken(workers: int, ahead: int) -> None:
    """So that memory does not grow with the number of photos."""
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        for item in range(50):
            drawn += 1
            yield item

    for taken, _ in enumerate(read_ahead(lambda item: item, items(), workers=workers, ahead=ahead)):
        assert drawn <= taken + 1 + ahead


@pytest.mark.parametrize("workers", [0, 2])
def test_an_exception_comes_through_at_its_place(workers: int) -> None:
    """Results before it are not lost, and the pool does not hang."""
    def refuse_five(item: int) -> int:
        if item == 5:
            raise ValueError("five")
        return item

    found = []
    results = read_ahead(refuse_five, range(100), workers=workers, ahead=4)
    with pytest.raises(ValueError, match="five"):
        found.extend(results)
    assert found == [0, 1, 2, 3, 4]


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    """What was not begun is never begun."""
    before, begun = threading.active_count(), []
    results = read_ahead(begun.append, range(1000), workers=2, ahead=10)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    assert len(begun) <= 11


def photo_of(value: int, kilobytes: int = 3) -> np.ndarray:
    """Make a photo of some size in memory."""
    return np.full((1024, kilobytes, 1), value, np.uint8)


def test_the_cache_reads_once() -> None:
    """While there is room."""
    reads: list[Path] = []

    def read(path: Path) -> np.ndarray:
        reads.append(path)
        return photo_of(int(path.name))

    cache = PhotoCache(max_side=9, megabytes=1, read=read)
    for _ in range(3):
        for name in "123":
            assert cache(Path(name))[0, 0, 0] == int(name)
    assert reads == [Path("1"), Path("2"), Path("3")]


def test_the_cache_stays_in_its_limit_and_drops_the_least_recently_used() -> None:
    """Photos of 300 kB in 1 MiB: three fit."""
    reads: list[str] = []

    def read(path: Path) -> np.ndarray:
        reads.append(path.name)
        return photo_of(1, 300)

    cache = PhotoCache(max_side=9, megabytes=1, read=read)
    for name in ("a", "b", "c", "a", "d", "a", "c", "b"):
        cache(Path(name))
        assert sum(photo.nbytes for photo in cache._photos.values()) <= 2**20
    assert reads == ["a", "b", "c", "d", "b"]


def test_a_photo_larger_than_the_cache_is_still_given() -> None:
    """And costs no room afterwards."""
    cache = PhotoCache(max_side=9, megabytes=1, read=lambda path: photo_of(7, 2000))
    assert cache(Path("big"))[0, 0, 0] == 7
    cache._read = lambda path: photo_of(1, 900)
    cache(Path("small"))
    assert list(cache._photos) == [Path("small")]


def test_threads_may_share_a_cache() -> None:
    """Its account stays right when they read one photo at the same time."""
    together = threading.Barrier(4, timeout=5)

    def read(path: Path) -> np.ndarray:
        together.wait()
        return photo_of(1, 100)

    cache = PhotoCache(max_side=9, megabytes=1, read=read)
    threads = [threading.Thread(target=cache, args=(Path("a"),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache._room == 2**20 - 1024 * 100


def test_photos_are_shrunk_on_the_way_in(tmp_path: Path) -> None:
    """By the reader that the cache takes when it is given none."""
    Image.new("RGB", (60, 20), "red").save(tmp_path / "a.png")
    assert PhotoCache(max_side=30)(tmp_path / "a.png").shape == (10, 30, 3)


@pytest.mark.parametrize(("width", "height", "turn"), [
    (301, 97, 1), (301, 97, 6), (40, 30, 1), (97, 1501, 8), (3000, 3, 1),
])
def test_the_size_is_known_without_decoding(
    tmp_path: Path, width: int, height: int, turn: int
) -> None:
    """Crops of photos that other processes read draw the same random numbers by it."""
    exif = Image.Exif()
    exif[0x0112] = turn
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (width, height)).save(path, exif=exif)
    cache = PhotoCache(max_side=100)
    before = cache.size(path)
    assert before == cache(path).shape[:2]
