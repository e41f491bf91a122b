"""Read annotations: `points.csv`, `boxes.csv`, `scribbles.csv` and `annotations/<name>.png`.

These files are stored beside the photos, in any layout. `annotate` joins them to a data set;
`load_constraint` returns their constraints on the pixels of one photo.
"""

from __future__ import annotations

from tag2mask.data.annotations.constraints import load_constraint
from tag2mask.data.annotations.files import FOLDER, SHEETS, has_annotations
from tag2mask.data.annotations.joining import annotate

__all__ = ["FOLDER", "SHEETS", "annotate", "has_annotations", "load_constraint"]
