"""A person who annotates, simulated from true masks: what is given, and the seconds it takes.

Points: one per connected part, from its inner half, and one on the background. Scribbles: along the
middle of each part's longer side. Boxes: around each part. Corrections: clicks in the middle of the
largest wrong part of a present mask, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import ndimage

from tag2mask.annotation.costs import Amounts, AnnotationConfig
from tag2mask.core.contracts import IGNORE
from tag2mask.core.files import write_text
from tag2mask.data.masks import save_mask

_LEAST = 12
"""Pixels of a part that a person would see."""


@dataclass
class Annotator:
    """Annotates photos of one data set and remembers what was given."""

    names: tuple[str, ...]
    """Of the classes, "background" first."""
    seed: int = 0
    points: list[str] = field(default_factory=lambda: ["image,class,x,y"])
    boxes: list[str] = field(default_factory=lambda: ["image,class,left,top,right,bottom"])
    scribbles: list[str] = field(default_factory=lambda: ["image,class,width,points"])
    masks: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Seed the choice of places."""
        self._rng = np.random.default_rng(self.seed)

    def click(self, image: str, mask: np.ndarray) -> None:
        """Click on every part, and once on the background."""
        for label, part in _parts(mask):
            self._point(image, label, part)
        self._point(image, 0, mask == 0)

    def box(self, image: str, mask: np.ndarray) -> None:
        """Draw a box around every part."""
        for label, part in _parts(mask):
            ys, xs = np.nonzero(part)
            self.boxes.append(f"{image},{self.names[label]},{xs.min()},{ys.min()},"
                              f"{xs.max() + 1},{ys.max() + 1}")

    def scribble(self, image: str, mask: np.ndarray) -> None:
        """Draw a stroke through every part, and one through the background."""
        for label, part in [*_parts(mask), (0, mask == 0)]:
            stroke = " ".join(f"{x},{y}" for x, y in _middle_line(part))
            if stroke:
                self.scribbles.append(f'{image},{self.names[label]},3,"{stroke}"')

    def mask(self, image: str, mask: np.ndarray) -> None:
        """Draw the whole mask."""
        self.masks[image] = mask

    def correct(self, image: str, mask: np.ndarray, present: np.ndarray, clicks: int) -> None:
        """Click into the largest wrong parts of a present mask; what is open is not wrong."""
        wrong = (present != mask) & (present != IGNORE) & (mask != IGNORE)
        found, number = ndimage.label(wrong)
        sizes = ndimage.sum(wrong, found, range(1, number + 1))
        for place in np.argsort(sizes)[::-1][:clicks]:
            part = found == place + 1
            if part.sum() < _LEAST:
                return
            y, x = np.unravel_index(ndimage.distance_transform_edt(part).argmax(), part.shape)
            self.points.append(f"{image},{self.names[mask[y, x]]},{x},{y}")

    def write(self, root: Path) -> None:
        """Write what was given into a data set's folder."""
        for name, rows in (("points", self.points), ("boxes", self.boxes),
                           ("scribbles", self.scribbles)):
            if len(rows) > 1:
                write_text(root / f"{name}.csv", "\n".join([*rows, ""]))
        for image, mask in self.masks.items():
            path = root / "annotations" / f"{Path(image).stem}.png"
            path.parent.mkdir(exist_ok=True)
            save_mask(path, mask, num_labels=len(self.names))

    @property
    def minutes(self) -> float:
        """The estimated minutes, by the default table of seconds."""
        amounts = Amounts(
            points=len(self.points) - 1, boxes=len(self.boxes) - 1,
            scribbles=len(self.scribbles) - 1, mask_share=len(self.masks),
        )
        return amounts.minutes(AnnotationConfig())

    def _point(self, image: str, label: int, part: np.ndarray) -> None:
        depth = ndimage.distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
        inner = np.argwhere(depth >= depth.max() / 2)
        if depth.max() > 0:
            y, x = inner[self._rng.integers(len(inner))]
            self.points.append(f"{image},{self.names[label]},{x},{y}")


def _parts(mask: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for label in np.unique(mask):
        if label in (0, IGNORE):
            continue
        found, number = ndimage.label(mask == label)
        for place in range(1, number + 1):
            if (found == place).sum() >= _LEAST:
                yield int(label), found == place


def _middle_line(part: np.ndarray) -> list[tuple[int, int]]:
    """Return up to eight places (x, y) along the longer side, each deepest in its row or column."""
    depth = ndimage.distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
    ys, xs = np.nonzero(part)
    if not len(ys):
        return []
    upright = np.ptp(ys) > np.ptp(xs)
    along = ys if upright else xs
    low, high = np.quantile(along, [0.1, 0.9]).astype(int)
    steps = np.unique(np.linspace(low, high, 8).astype(int))
    if upright:
        line = [(int(depth[y].argmax()), int(y)) for y in steps if depth[y].max() > 0]
    else:
        line = [(int(x), int(depth[:, x].argmax())) for x in steps if depth[:, x].max() > 0]
    # A line between two places may leave a part that is bent: it ends before it does.
    kept = line[:1]
    for before, after in pairwise(line):
        between = np.linspace(before, after, 16).round().astype(int)
        if not part[between[:, 1], between[:, 0]].all():
            break
        kept.append(after)
    return kept
