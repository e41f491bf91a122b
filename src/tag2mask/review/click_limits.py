"""What one click on the page may change.

`propose` fits the whole mask of a class again, which is right where nobody has looked yet. A person
who clicks looks at one place, however, and does not see changes elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tag2mask.core.contracts import BACKGROUND, IGNORE
from tag2mask.crf.click_regions import Click
from tag2mask.crf.connected_part import connected_part


def limited(
    labels: np.ndarray, label: int, clicks: Sequence[Click], proposed: np.ndarray
) -> np.ndarray:
    """Keep those changes of a proposed mask that belong to the clicks which are new.

    New are the latest click and earlier ones that the present mask contradicts. A negative click
    takes pixels of the connected part that was clicked, and gives none. A positive click gives
    pixels that are connected with it, and takes none; pixels of another class only in the connected
    part that was clicked.

    Args:
        labels: (H, W) uint8, the present mask of all classes.
        label: the class that is corrected, or 255.
        clicks: all clicks for the class in pixels of the mask, the latest last.
        proposed: (H, W) bool, the mask of the class after all clicks.

    Returns:
        (H, W) bool, the mask of the class.
    """
    now = labels.copy()
    for click in clicks:
        there = now[int(click.y), int(click.x)] == label
        if there != click.positive or click is clicks[-1]:
            region = _one(now, label, click, proposed)
            now[(now == label) & ~region] = BACKGROUND
            now[region] = label
    return np.asarray(now == label)


def _one(labels: np.ndarray, label: int, click: Click, proposed: np.ndarray) -> np.ndarray:
    y, x = int(click.y), int(click.x)
    present = labels == label
    if not click.positive:
        return np.asarray(present & (proposed | ~connected_part(present, y, x)))
    free = present | (labels == BACKGROUND) | (labels == IGNORE)
    if not free[y, x]:
        free |= connected_part(labels == labels[y, x], y, x)
    return np.asarray(present | connected_part((proposed | present) & free, y, x))
