"""Read labelmap.txt: the colour of each class, as CVAT writes it (`name:r,g,b:parts:actions`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask.core.contracts import BACKGROUND, IGNORE, InputError
from tag2mask.data.readers.names import read_text

NAME = "labelmap.txt"

_NOTHING = ("background", "_background_", "bg")


@dataclass(frozen=True, kw_only=True)
class Labelmap:
    """The contents of labelmap.txt."""

    colours: dict[int, int] = field(hash=False)
    """Label of each packed colour."""
    lines: tuple[int, ...]
    """Label of each line, in their order."""

    def by_line(self) -> list[dict[int, int]]:
        """Return the tables of masks that hold line numbers: as they are, or background first."""
        named = [label for label in self.lines if label != BACKGROUND]
        orders = [[BACKGROUND, *named]]
        if BACKGROUND in self.lines[1:]:
            orders.append(list(self.lines))
        return [{IGNORE: IGNORE, **dict(enumerate(order))} for order in orders]


def find_labelmap(root: Path, mask: Path) -> Path | None:
    """Return labelmap.txt in the data set's folder, in the masks' folder or in one in between."""
    folders = [root, *(folder for folder in mask.parents if folder.is_relative_to(root))]
    return next((folder / NAME for folder in folders if (folder / NAME).is_file()), None)


def read_labelmap(path: Path, classes: Sequence[str]) -> Labelmap:
    """Return the label of each packed colour, and of each line.

    Names that are not classes of the data set get the label 255: their pixels are not scored.

    Raises:
        InputError: a line that is not `name:r,g,b`, a duplicate colour, or a class without a
            colour.
    """
    labels = {name.casefold(): place + 1 for place, name in enumerate(classes)}
    table: dict[int, int] = {}
    lines: list[int] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colour = _parsed(line, where=f"{path}, line {number}")
        nothing = BACKGROUND if name in _NOTHING else IGNORE
        label = labels.get(name, nothing)
        lines.append(label)
        if table.setdefault(colour, label) != label:
            raise InputError(f"{path}, line {number}: the colour stands for two names; change one.")
    missing = [name for place, name in enumerate(classes) if place + 1 not in table.values()]
    if missing:
        raise InputError(
            f"{path} has no line for the class {missing[0]!r}; add it as `{missing[0]}:r,g,b::`."
        )
    if BACKGROUND not in table.values() and 0 not in table:
        table[0] = BACKGROUND
    return Labelmap(colours=table, lines=tuple(lines))


def _parsed(line: str, *, where: str) -> tuple[str, int]:
    name, *rest = line.split(":")
    cells = rest[0].split(",") if rest else []
    try:
        channels = [int(cell) for cell in cells]
    except ValueError:
        channels = []
    if len(channels) != 3 or not all(0 <= channel <= 255 for channel in channels):
        raise InputError(f"{where} is no `name:red,green,blue::` with numbers from 0 to 255.")
    red, green, blue = channels
    return name.strip().casefold(), red << 16 | green << 8 | blue
