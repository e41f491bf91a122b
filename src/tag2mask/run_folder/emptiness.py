"""Masks without any pixel of a class although their photos have a tag."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.core.wording import counted, plural
from tag2mask.data.annotations import load_constraint
from tag2mask.data.dataset import Photo

_NAMED = 3


def is_empty(mask: np.ndarray) -> bool:
    """Return whether a mask has background and undecided pixels only.

    Args:
        mask: (H, W) uint8 labels.
    """
    return not bool(((mask != BACKGROUND) & (mask != IGNORE)).any())


def lacks_tags(photo: Photo, mask: np.ndarray, num_labels: int) -> bool:
    """Return whether a photo has a tag and an empty mask that nobody has drawn.

    Args:
        photo: the photo; its annotations are only read if the mask is empty.
        mask: (H, W) uint8 labels.
        num_labels: K + 1.
    """
    if not photo.tags or not is_empty(mask):
        return False
    constraint = load_constraint(photo, num_labels)
    return constraint is None or not constraint.complete


def empty_sentence(what: str, names: Sequence[str], tagged: int) -> str:
    """Say which photos with a tag have an empty mask; "" if none has.

    Args:
        what: the masks, in the plural.
        names: names of the photos.
        tagged: number of all photos with a tag.
    """
    if not names:
        return ""
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return (f"{len(names):,} of {counted(tagged, 'photo')} with a tag {plural(len(names), 'has')} "
            f"{what} without any pixel of a class: {shown}{more}.")
