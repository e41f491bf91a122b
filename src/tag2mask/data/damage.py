"""Report damaged files of a run folder in one sentence, with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tag2mask.core.contracts import InputError
from tag2mask.core.files import refuse_special

if TYPE_CHECKING:
    from torch import Tensor

_ZIP = b"PK"


@contextmanager
def reading(path: Path, fix: str = "delete it and repeat") -> Iterator[None]:
    """Report `path` if its content cannot be used; the block should only read this one file.

    Any exception that a parser raises on a damaged file is attributed to the file.

    Args:
        path: the file that the block reads.
        fix: the remedy, as the end of the sentence.

    Raises:
        InputError: the block raised an exception; an `InputError` of its own passes unchanged.
    """
    refuse_special(path)
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())[:200]
        kind = "it lacks" if isinstance(error, KeyError) else f"{type(error).__name__}:"
        cause = f"{kind} {why}" if why else type(error).__name__
        raise InputError(f"{path} is missing or damaged ({cause}); {fix}.") from error


def refuse_other_archives(path: Path) -> None:
    """Raise ValueError unless the file begins as an npz archive does.

    For any other file, numpy suggests loading it unsafely, as a pickle.
    """
    with path.open("rb") as file:
        if file.read(2) != _ZIP:
            raise ValueError("not an npz archive")


def refuse_planes(planes: np.ndarray, classes: np.ndarray) -> None:
    """Raise ValueError unless the arrays can be the planes of one photo and their classes."""
    if planes.ndim != 3 or classes.ndim != 1 or planes.size == 0:
        raise ValueError(f"planes of shape {planes.shape}, classes of shape {classes.shape}")
    if len(planes) - len(classes) not in (0, 1):
        raise ValueError(f"{len(planes)} planes for {len(classes)} classes")
    if classes.dtype.kind not in "iu" or classes.min(initial=0) < 0:
        raise ValueError("classes that are no numbers from 0 on")
    if not np.isfinite(planes).all():
        raise ValueError("values that are not finite")


def refuse_infinite(tensors: dict[str, Tensor]) -> None:
    """Raise ValueError if a weight is NaN or infinite."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise ValueError(f"{name} holds values that are not finite")


def refuse_spec(long_side: int, output_stride: int, classes: tuple[str, ...]) -> None:
    """Raise ValueError if no network can have been trained with these values."""
    if not 1 <= long_side <= 2**16 or not 1 <= output_stride <= 64:
        raise ValueError(f"long_side {long_side}, output_stride {output_stride}")
    if len(classes) != len(set(classes)) or not all(classes):
        raise ValueError("class names that are empty or there twice")
