"""Load the pixel constraints of a photo of a data set."""

from __future__ import annotations

from tag2mask.annotation.constraint import Constraint, constrain
from tag2mask.data.dataset import Photo
from tag2mask.data.masks import load_mask
from tag2mask.data.photos import photo_size


def load_constraint(photo: Photo, num_labels: int) -> Constraint | None:
    """Return the constraint from a photo's annotations at its own size; None if it has none.

    Args:
        photo: a photo of a data set.
        num_labels: K + 1.

    Raises:
        InputError: the photo or the mask no longer exists, or was changed.
    """
    given = photo.annotation
    if given is None or not given.kinds:
        return None
    size = photo_size(photo.path)
    mask = None
    if given.mask is not None:
        mask = load_mask(given.mask.path, size=size, num_labels=num_labels)
    return constrain(given, size, mask, tags=photo.tags)
