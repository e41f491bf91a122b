"""What to point out about a draft before anybody corrects it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.data.dataset import Photo
from tag2mask.review.source import Source

DIFFERENT = 1 / 5
"""Share of the decided pixels from which on the network's mask is suggested as the start."""

MOST = 0.5
"""Share of the photo from which on a class is named."""


@dataclass(frozen=True)
class Remarks:
    """What is remarkable about a draft."""

    network: bool = False
    """Whether the network's mask differs so much that it may be the better start."""
    most: int = BACKGROUND
    """The class that covers more than half of the photo; 0 if there is none."""


def remarks(source: Source, photo: Photo) -> Remarks:
    """Compare the draft of a photo with the network's mask, and measure its classes."""
    draft = source.draft(photo)
    shares = np.bincount(draft.ravel(), minlength=256) / draft.size
    shares[[BACKGROUND, IGNORE]] = 0
    most = int(shares.argmax()) if shares.max() > MOST else BACKGROUND
    try:
        network = source.network_mask(photo)
    except InputError:  # a file that cannot be read is reported when it is asked for
        network = None
    if network is None:
        return Remarks(most=most)
    decided = draft != IGNORE
    return Remarks(bool((decided & (draft != network)).sum() > DIFFERENT * decided.sum()), most)
