"""NumPy archives: labels, and probabilities if the source has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tag2mask.core.files import atomic_path, write_text
from tag2mask.interchange.class_tables import csv_table
from tag2mask.interchange.format import Format, Labelling, WriteOptions
from tag2mask.interchange.names import Names


def write(labelling: Labelling, out: Path, options: WriteOptions) -> int:
    """Write one archive per photo: `labels`, `classes`, and `probabilities` if available.

    `probabilities` is (1 + k, h, w) float32 and sums to 1 over its planes, whose labels are in
    `probability_labels`; h and w are the size at which the run computed them.
    """
    names, count = Names(), 0
    write_text(out / "classes.csv", csv_table(labelling.classes))
    for photo in labelling.photos:
        if photo.labels is None:
            continue
        arrays = {"labels": photo.labels, "classes": np.array(("background", *photo.classes))}
        if photo.probabilities is not None:
            planes, labels = photo.probabilities()
            arrays |= {"probabilities": planes, "probability_labels": labels}
        stem = names.stem(photo.file)
        with atomic_path(out / f"{stem}.npz") as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        count += 1
    names.write(out)
    return count


FORMAT = Format(
    title="NumPy archives", exact="exact", write=write, undecided="the value 255",
)
