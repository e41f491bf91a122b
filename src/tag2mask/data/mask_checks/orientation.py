"""Compare masks with the size and the EXIF orientation of their photos."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import opened, photo_frame


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes in pixels of a photo and of its mask, from their headers."""

    photo: Photo
    mask: tuple[int, int]
    """(H, W) of the mask as stored."""
    upright: tuple[int, int]
    """(H, W) of the upright photo."""
    orientation: int
    """The photo's EXIF orientation, 1 to 8; 1 is upright."""

    @property
    def fits(self) -> bool:
        """Whether the mask has the size of the upright photo."""
        return self.mask == self.upright

    @property
    def fits_unturned(self) -> bool:
        """Whether the mask has the size of the photo as stored, but not of the upright photo."""
        return self.orientation >= 5 and not self.fits and self.mask == self.upright[::-1]

    @property
    def transposed(self) -> bool:
        """Whether height and width are swapped although the photo is upright."""
        return not self.fits and self.mask == self.upright[::-1] and self.orientation < 5


def read_sizes(photos: Sequence[Photo], *, workers: int) -> list[Sizes]:
    """Read the headers of photos and masks; unreadable files are left out."""
    with ThreadPoolExecutor(max_workers=max(1, workers)) as threads:
        return [sizes for sizes in threads.map(_sizes, photos) if sizes is not None]


def size_doubt(sizes: Sequence[Sizes]) -> str:
    """Return the reason not to score masks whose size differs; "" if only a few differ."""
    wrong = [one for one in sizes if not one.fits and not one.fits_unturned]
    if len(wrong) <= max(1, 0.2 * len(sizes)):
        return ""
    first = wrong[0]
    said = (f"{len(wrong)} of {len(sizes)} that were looked at have another size than their photo, "
            f"the first being {first.photo.mask} with {first.mask[1]} x {first.mask[0]} pixels for "
            f"{first.upright[1]} x {first.upright[0]}")
    if all(one.transposed for one in wrong):
        return f"{said}; most likely they were turned by 90 degrees"
    return f"{said}; most likely they were resized: save them at the photos' size"


def _sizes(photo: Photo) -> Sizes | None:
    try:
        with opened(Path(photo.mask or "")) as mask:
            width, height = mask.size
        tall, wide, orientation = photo_frame(photo.path)
    except InputError:
        return None
    return Sizes(
        photo=photo, mask=(height, width), upright=(tall, wide), orientation=orientation
    )
