"""Write the table of a prediction as Parquet, for programs that read millions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path

COLUMNS = ("image", "class", "area_share", "source")
"""Columns of the table, in CSV and in Parquet."""


def need_parquet() -> None:
    """Raise an error if pyarrow is not installed, before hours of prediction.

    Raises:
        InputError: with the command that installs it.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise InputError("--parquet needs pyarrow; run `pip install 'tag2mask[parquet]'`, or leave "
                         "it out.") from error


def write_parquet(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """Write the rows of predictions.csv, with shares as numbers.

    Args:
        path: the file.
        rows: a cell for each of `COLUMNS`.
    """
    import pyarrow
    from pyarrow import parquet

    image, names, shares, sources = (
        zip(*rows, strict=True) if rows else ((), (), (), ()))
    text = pyarrow.string()
    table = pyarrow.table({
        "image": pyarrow.array(image, text), "class": pyarrow.array(names, text),
        "area_share": pyarrow.array([float(str(share)) for share in shares], pyarrow.float64()),
        "source": pyarrow.array(sources, text),
    })
    with atomic_path(path) as temporary:
        parquet.write_table(table, temporary)
