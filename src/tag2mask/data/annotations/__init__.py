"""Reading annotations: `points.csv`, `boxes.csv`, `scribbles.csv` and `annotations/<name>.png`.

They lie beside the photos of any layout. `annotate` joins them to a data set that was read;
`load_constraint` gives what they say about the pixels of one photo.
"""

from __future__ import annotations

from tag2mask.data.annotations.constraints import load_constraint
from tag2mask.data.annotations.files import FOLDER, SHEETS, has_annotations
from tag2mask.data.annotations.joining import annotate

__all__ = ["FOLDER", "SHEETS", "annotate", "has_annotations", "load_constraint"]
