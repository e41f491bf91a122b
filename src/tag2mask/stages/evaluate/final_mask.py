"""The final mask of a photo: what the network finds among its tags, and what a person has drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tag2mask.annotation.constraint import Constraint
from tag2mask.core.contracts import IGNORE


def final_mask(
    tagged: npt.NDArray[np.uint8], pseudo: npt.NDArray[np.uint8], constraint: Constraint | None
) -> npt.NDArray[np.uint8]:
    """Return the best mask of a photo that a run has.

    That is the network's mask among the tags of the photo. Where a person has annotated the photo,
    its pseudo mask follows the annotations pixel by pixel, so the network only decides what is
    undecided there.

    Args:
        tagged: (H, W), the network's mask among the background and the tags of the photo.
        pseudo: (H, W), the pseudo mask, 255 where undecided.
        constraint: the annotations of the photo, at its size; None without any.

    Returns:
        (H, W) in 0..K. 255 only where a person marked pixels that nobody can decide, and where the
        network finds a class outside of its boxes.
    """
    if constraint is None:
        return tagged
    return constraint.apply(np.where(pseudo == IGNORE, tagged, pseudo))
