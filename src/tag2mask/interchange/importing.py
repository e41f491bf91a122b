"""Import of annotations of other programs into a data set, with a list of problems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.data_address import refuse_address
from tag2mask.core.files import write_text
from tag2mask.interchange import FORMATS
from tag2mask.interchange.format import Format, ReadOptions
from tag2mask.interchange.names import csv_text
from tag2mask.interchange.new_data import is_new
from tag2mask.interchange.taking import PROBLEMS, Existing, Imported, New

TARGETS = ("annotations", "masks", "tags")
"""Values of `import --as`."""


def import_labels(
    path: Path, data: Path, *, format: str = "auto", target: str = "annotations",
    options: ReadOptions | None = None, images: str = "copy",
) -> Imported:
    """Import annotations of another program into a data set.

    Args:
        path: a file or folder written by the program.
        data: folder of the data set; a folder without tags becomes a data set with tags.csv and
            classes.txt.
        format: a name in `FORMATS`, or "auto".
        target: "annotations", "masks" (ground-truth masks for evaluation) or "tags".
        options: options of the reader.
        images: placement of photos in a new data set: "copy", "link" or "none".

    Raises:
        InputError: the format is not recognised, or nothing can be imported.
    """
    if target not in TARGETS:
        raise InputError(f"--as {target!r} is unknown; it is one of {', '.join(TARGETS)}.")
    refuse_address(data, "annotations")
    if not path.exists():
        raise InputError(f"{path} does not exist; give the file or folder to import.")
    name, entry = find_format(path, format)
    assert entry.read is not None
    new = is_new(data)
    if target == "tags" and not new:
        raise InputError(f"{data} has tags already; use --as annotations, or import into a new "
                         "folder.")
    options = replace(options or ReadOptions(), photos=_photo_folder(data, new, options))
    made = Imported(format=name, new=new)
    with entry.read(path, options) as reading:
        take = New(data, reading, made, target, images) if new \
            else Existing(data, reading, made, target)
        for photo in reading.photos:
            take(photo)
        take.finish()
        made.problems += reading.problems
        made.notes += reading.notes
    _write_problems(data, made)
    return made


def find_format(path: Path, name: str) -> tuple[str, Format]:
    """Return the format called `name`, or for "auto" the first one that recognises `path`.

    Raises:
        InputError: the format cannot be read, or no format recognises `path`.
    """
    if name != "auto":
        entry = FORMATS.get(name)
        if entry.read is None:
            raise InputError(f"{name} can only be exported; `tag2mask formats` lists what can be "
                             "imported.")
        return name, entry
    for candidate in FORMATS.names():
        entry = FORMATS.get(candidate)
        if entry.read is not None and entry.fits(path):
            return candidate, entry
    raise InputError(f"{path} is in no format that is recognised; name it with --format, one of "
                     f"{', '.join(n for n in FORMATS.names() if FORMATS.get(n).read)}.")


def _photo_folder(data: Path, new: bool, options: ReadOptions | None) -> Path | None:
    if options and options.photos:
        return options.photos
    if new:
        return data / "images" if (data / "images").is_dir() else None
    return data


def _write_problems(data: Path, made: Imported) -> None:
    table = data / PROBLEMS
    if made.problems:
        write_text(table, csv_text([["photo", "why"],
                                    *([p.photo, p.why] for p in made.problems)]))
    elif table.exists():
        table.unlink()
    if not made.photos:
        first = made.problems[0].why if made.problems else "it names no photo."
        raise InputError(f"Nothing could be imported: {first}")
