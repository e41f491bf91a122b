"""Mapping of the classes of a file to those of a data set, by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tag2mask.core.contracts import IGNORE, InputError, nearest
from tag2mask.data.dataset import Problem
from tag2mask.interchange.format import UNDECIDED
from tag2mask.interchange.labelled import LabelledPhoto


class ClassMap:
    """Converts the labels of a file to those of a data set; class names are case-insensitive.

    Classes missing from the data set become undecided, since their pixels are not background. So
    does a class named "undecided", which an export may use for 255.
    """

    def __init__(self, theirs: tuple[str, ...], ours: tuple[str, ...]) -> None:
        """Compare the names.

        Raises:
            InputError: the data set has none of the classes.
        """
        self._ours = ours
        self._spelled = {name.casefold(): name for name in ours}
        self._unknown: dict[str, int] = {}
        named = [name for name in theirs if name.casefold() != UNDECIDED]
        if named and not any(self._ours_of(name) for name in named):
            raise InputError(f"None of the classes {_listed(named)} is in the data set, which has "
                             f"{_listed(ours)}; rename them on one side.")

    def applied(self, photo: LabelledPhoto) -> LabelledPhoto:
        """Return the photo with its labels converted to the data set's classes."""
        shown = {name: self._ours_of(name) for name in photo.shown}
        for name, ours in shown.items():
            if ours is None and name.casefold() != UNDECIDED:
                self._unknown[name] = self._unknown.get(name, 0) + 1
        return replace(
            photo, classes=self._ours, labels=self._labels(photo),
            tags=frozenset(ours for name in photo.tags if (ours := shown[name])),
            boxes=tuple(replace(box, class_name=ours) for box in photo.boxes
                        if (ours := shown[box.class_name])),
            points=tuple(replace(point, class_name=ours) for point in photo.points
                         if (ours := shown[point.class_name])),
        )

    def _ours_of(self, name: str) -> str | None:
        return self._spelled.get(name.casefold())

    def _labels(self, photo: LabelledPhoto) -> np.ndarray | None:
        if photo.labels is None:
            return None
        table = np.full(256, IGNORE, np.uint8)
        table[0] = 0
        for label, name in enumerate(photo.classes, start=1):
            ours = self._ours_of(name)
            if ours is not None and label < IGNORE:
                table[label] = self._ours.index(ours) + 1
        return table[photo.labels]

    def problems(self) -> list[Problem]:
        """Return a problem for each class that the data set does not have."""
        return [Problem(photo=name, why=f"The class {name!r} on {count:,} photos is not in the "
                        "data set, so its pixels are undecided; did you mean "
                        f"{nearest(name, self._ours)}?")
                for name, count in self._unknown.items()]


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
