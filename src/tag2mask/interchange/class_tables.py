"""Tables of classes: classes.csv, classes.txt, VOC's labelmap.txt and YOLO's data.yaml."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data.masks import palette
from tag2mask.interchange.limits import read_text
from tag2mask.interchange.names import csv_text

BACKGROUNDS = ("background", "_background_", "__background__", "bg")
"""Names of label 0, in lower case."""
IGNORED = ("ignore", "ignored", "void", "__ignore__", "unlabeled", "undecided")
"""Names of undecided pixels, in lower case."""

Colour = tuple[int, int, int]
_TABLES = ("classes.csv", "classes.txt", "labelmap.txt", "data.yaml", "labels.txt", "obj.names")


@dataclass(frozen=True)
class ClassTable:
    """The meaning of the pixel values of label images."""

    classes: tuple[str, ...]
    """Names of the foreground classes."""
    values: dict[int, int]
    """Pixel values and their labels: 0, 1..K, 255."""
    colours: dict[Colour, int]
    """Colours and their labels; empty if the table has no colours."""

    def labels(self, values: npt.NDArray[np.uint8], where: str) -> npt.NDArray[np.uint8]:
        """Convert pixel values to labels.

        Raises:
            InputError: a value is missing from the table.
        """
        table = np.full(256, -1, np.int16)
        table[IGNORE] = IGNORE
        for value, label in self.values.items():
            table[value] = label
        found = table[values]
        if (found < 0).any():
            value = int(values[found < 0].flat[0])
            raise InputError(f"{where} has the label {value}, which the class table does not "
                             "list; add it there.")
        return found.astype(np.uint8)


def table_of(names: dict[int, str], colours: dict[int, Colour] | None = None) -> ClassTable:
    """Build a table from the names of pixel values.

    Raises:
        InputError: there are too many classes.
    """
    classes: list[str] = []
    values: dict[int, int] = {}
    for value, name in sorted(names.items()):
        if name.casefold() in BACKGROUNDS:
            values[value] = 0
        elif name.casefold() in IGNORED:
            values[value] = IGNORE
        else:
            if name not in classes:
                classes.append(name)
            values[value] = classes.index(name) + 1
    if len(classes) >= IGNORE or any(not 0 <= value <= IGNORE for value in values):
        raise InputError(f"The table has {len(classes)} classes or values beyond 255; label "
                         f"pictures hold {IGNORE - 1} classes at most.")
    return ClassTable(tuple(classes), values,
                      {colour: values[value] for value, colour in (colours or {}).items()})


def find_table(folder: Path) -> Path | None:
    """Find a class table in a folder or its parent."""
    for top in (folder, folder.parent):
        for name in _TABLES:
            if (top / name).is_file():
                return top / name
    return None


def read_table(path: Path) -> ClassTable:
    """Read a class table in the format given by its file name.

    Raises:
        InputError: the table is damaged or lists no class.
    """
    if path.suffix == ".csv":
        table = _csv(path)
    elif path.name == "labelmap.txt":
        table = _labelmap(path)
    elif path.suffix in (".yaml", ".yml"):
        table = table_of(yaml_names(read_yaml(path), path))
    else:
        table = _lines(path)
    if not table.classes:
        raise InputError(f"{path} lists no class; add one per row.")
    return table


def _csv(path: Path) -> ClassTable:
    names: dict[int, str] = {}
    colours: dict[int, Colour] = {}
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        for row in rows:
            value = int(row["label"])
            names[value] = row["name"].strip()
            if row.get("red"):
                colours[value] = (int(row["red"]), int(row["green"]), int(row["blue"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}, row {rows.line_num} is no class; the first row must be "
                         "label,name or label,name,red,green,blue.") from error
    return table_of(names, colours)


def _lines(path: Path) -> ClassTable:
    lines = [line.strip() for line in read_text(path).splitlines()]
    lines = lines[: max((i for i, line in enumerate(lines, 1) if line), default=0)]
    if lines and lines[0].casefold() in IGNORED:  # labelme: __ignore__ first, then _background_
        names = dict(enumerate(lines[1:]))
    else:
        names = dict(enumerate(lines))
    if lines and names[0].casefold() not in BACKGROUNDS:
        names = {value + 1: name for value, name in names.items()} | {0: "background"}
    return table_of({value: name for value, name in names.items() if name})


def _labelmap(path: Path) -> ClassTable:
    names: dict[int, str] = {}
    colours: dict[int, Colour] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split(":")
        try:
            colour = tuple(int(part) for part in cells[1].split(",")) if cells[1] else ()
        except (IndexError, ValueError) as error:
            raise InputError(f"{path}, line {number} is no class; it should be "
                             "name:red,green,blue::.") from error
        value = len(names)
        names[value] = cells[0].strip()
        if len(colour) == 3:
            colours[value] = (colour[0], colour[1], colour[2])
    return table_of(names, colours)


def read_yaml(path: Path) -> dict[str, object]:
    """Read a YAML file whose content is a mapping.

    Raises:
        InputError: the content is not a mapping.
    """
    import yaml  # no other table needs it

    try:
        found = yaml.safe_load(read_text(path))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{path} is no YAML ({str(error).splitlines()[0]}); fix it.") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} has no keys; it should have train, val and names.")
    return {str(key): value for key, value in found.items()}


def yaml_names(found: dict[str, object], path: Path) -> dict[int, str]:
    """Return the class names in YOLO's `names`, which is a list or a mapping from numbers to names.

    Raises:
        InputError: there are no names.
    """
    names = found.get("names")
    try:
        if isinstance(names, list):
            return {value: str(name).strip() for value, name in enumerate(names)}
        if isinstance(names, dict):
            return {int(value): str(name).strip() for value, name in names.items()}
    except (TypeError, ValueError) as error:
        raise InputError(f"{path} has a class whose number is none; fix `names`.") from error
    raise InputError(f"{path} has no `names`; list the classes there.")


def csv_table(classes: tuple[str, ...]) -> str:
    """Return the content of classes.csv: label, name and colour, including 255."""
    colours = palette(len(classes) + 1).tolist()
    names = {**dict(enumerate(("background", *classes))), IGNORE: "undecided"}
    return csv_text([["label", "name", "red", "green", "blue"],
                     *([value, name, *colours[value]] for value, name in names.items())])


def yaml_text(lines: dict[str, str], names: dict[int, str]) -> str:
    """Return the content of data.yaml; names are quoted as in JSON, which is valid YAML."""
    listed = [f"  {value}: {json.dumps(name, ensure_ascii=False)}" for value, name in names.items()]
    return "\n".join([*(f"{key}: {value}" for key, value in lines.items()), "names:", *listed]) \
        + "\n"
