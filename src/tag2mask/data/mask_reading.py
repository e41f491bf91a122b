"""Tables that convert stored mask values to labels, and paths that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data.data_files import DataFile, data_file
from tag2mask.data.mask_pixels import MaskPixels

_CLEAR = 0.3
"""Distance, as a share of that between the two nearest label values, within which a blended value
counts for a label; beyond it the pixel is undecided."""


@dataclass(frozen=True, kw_only=True)
class MaskReading:
    """A table from stored mask values to labels."""

    table: tuple[tuple[int, int], ...]
    """(value, label) pairs; values are grey values, palette indices, or packed colours."""
    by_colour: bool = False
    """Whether values are packed colours, also for pictures with a palette."""
    nearest: bool = False
    """Whether values in between belong to the nearest one in the table, as after compression."""
    other: int | None = None
    """Label of values that are not in the table; None: such masks are refused."""

    def labels(self, pixels: MaskPixels, path: Path) -> npt.NDArray[np.int64]:
        """Return the labels, (H, W).

        Raises:
            InputError: a value that is not in the table.
        """
        source = pixels.colours if self.by_colour else pixels.values
        values, places = np.unique(source, return_inverse=True)
        labels = self.label_values(values)
        if (labels < 0).any():
            unknown = int(values[labels < 0][0])
            named = f"colour {unpacked(unknown)}" if self.by_colour else f"value {unknown}"
            raise InputError(
                f"Mask {path} has the {named}, which is no class in the other masks; "
                "correct the mask, or list the value of each class in labelmap.txt."
            )
        return np.asarray(labels[places].reshape(source.shape))

    def label_values(self, values: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
        """Return the label of each value, -1 for unknown values."""
        known = np.array([value for value, _ in self.table], np.int64)
        labels = np.array([label for _, label in self.table], np.int64)
        distance = distances(values, known, by_colour=self.by_colour)
        best = distance.argmin(axis=1)
        lowest = distance.min(axis=1)
        if self.nearest:
            apart = distances(known, known, by_colour=self.by_colour)
            gap = apart[~np.eye(len(known), dtype=bool)].min() if len(known) > 1 else np.inf
            return np.where(lowest < _CLEAR * gap, labels[best], IGNORE)
        rest = -1 if self.other is None else self.other
        return np.where(lowest == 0, labels[best], rest)


class MaskFile(DataFile):
    """The path of a mask with a reading other than the stored values; `load_mask` applies it."""

    reading: MaskReading | None = None
    """Table of labels; None if the values are the labels."""
    turn: int = 1
    """EXIF orientation to apply to the mask, as to its photo; 1 for no rotation."""

    @classmethod
    def of(cls, path: Path, reading: MaskReading | None, turn: int = 1) -> MaskFile:
        """Create a path that carries a reading."""
        made = cls(path)
        made.reading, made.turn = reading, turn
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Preserve the reading in copies and between processes."""
        return MaskFile.of, (Path(str(self)), self.reading, self.turn)


def turned(labels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Rotate an (H, W) array to upright by an EXIF orientation, 1 to 8."""
    if orientation in (5, 7):
        return labels.T if orientation == 5 else np.rot90(labels, 2).T
    turns = {3: 2, 6: -1, 8: 1}
    if orientation in turns:
        return np.rot90(labels, turns[orientation])
    return {2: labels[:, ::-1], 4: labels[::-1]}.get(orientation, labels)


def distances(
    values: npt.NDArray[np.integer[Any]], known: npt.NDArray[np.int64], *, by_colour: bool
) -> npt.NDArray[np.int64]:
    """Return the largest channel difference of each value to each known one, (N, M)."""
    values = values.astype(np.int64)
    if not by_colour:
        return np.asarray(np.abs(values[:, None] - known[None]))
    channels = [abs((values[:, None] >> s & 255) - (known[None] >> s & 255)) for s in (16, 8, 0)]
    return np.asarray(np.max(channels, axis=0))


def unpacked(colour: int) -> str:
    """Return a packed colour as text, "red,green,blue"."""
    return f"{colour >> 16},{colour >> 8 & 255},{colour & 255}"


@dataclass(frozen=True, kw_only=True)
class MaskEntry:
    """The entry of a mask in a run folder's data.json."""

    mask: str | None
    mask_turn: int | None = None
    """EXIF orientation to apply to the mask; None if its values are labels."""
    mask_reading: MaskReading | None = None

    @classmethod
    def of(cls, mask: Path | None) -> MaskEntry:
        """Convert a mask to its stored form, with an absolute path."""
        own = mask if isinstance(mask, MaskFile) else None
        return MaskEntry(
            mask=str(mask.absolute()) if mask else None, mask_turn=own.turn if own else None,
            mask_reading=own.reading if own else None,
        )

    def to_path(self) -> Path | None:
        """Convert the entry back to a mask.

        Raises:
            ValueError: its path contains a zero byte.
        """
        if not self.mask:
            return None
        if "\0" in self.mask:
            raise ValueError(f"{self.mask!r} has a zero byte")
        if self.mask_turn is None and self.mask_reading is None:
            return data_file(self.mask)
        return MaskFile.of(data_file(self.mask), self.mask_reading, self.mask_turn or 1)
