"""X-AnyLabeling: labelme files with additional fields, and polygons instead of masks."""

from __future__ import annotations

from pathlib import Path

from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.labelme import first_entry, read, write_files

_OWN = {"difficult", "kie_linking", "attributes", "score"}


def fits(path: Path) -> bool:
    """Return whether the first file has fields that only X-AnyLabeling writes."""
    first = first_entry(path)
    if first is None:
        return False
    shapes = first.get("shapes")
    own = [shape for shape in shapes if isinstance(shape, dict) and _OWN & shape.keys()] \
        if isinstance(shapes, list) else []
    return "checked" in first or bool(own)


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write a JSON file beside each photo; holes are connected to the outline by bridges."""
    return write_files(labelling, out, options, x_anylabeling=True)


FORMAT = Format(
    title="X-AnyLabeling", exact="exact; holes are bridged", read=read, write=write, fits=fits,
    undecided="a field of the file",
    shapes=True,
)
