"""Files of a run folder that are damaged: named in one sentence, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from torch import Tensor

from tag2mask.core.contracts import InputError
from tag2mask.core.files import refuse_special

_ZIP = b"PK"


@contextmanager
def reading(path: Path, fix: str = "delete it and repeat") -> Iterator[None]:
    """Name `path` where its content cannot be used; for no more than the reading of one file.

    Whatever a damaged file makes a parser raise, its reader is not at fault.

    Args:
        path: the file that the block reads or takes values from.
        fix: what helps, as the end of the sentence.

    Raises:
        InputError: the block raised an exception; sentences of its own stay.
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

    Of any other file numpy says that it should be loaded unsafely, as a pickle.
    """
    with path.open("rb") as file:
        if file.read(2) != _ZIP:
            raise ValueError("not an npz archive")


def refuse_planes(planes: np.ndarray, classes: np.ndarray) -> None:
    """Raise ValueError unless these can be the planes of one photo and their classes."""
    if planes.ndim != 3 or classes.ndim != 1 or planes.size == 0:
        raise ValueError(f"planes of shape {planes.shape}, classes of shape {classes.shape}")
    if len(planes) - len(classes) not in (0, 1):
        raise ValueError(f"{len(planes)} planes for {len(classes)} classes")
    if classes.dtype.kind not in "iu" or classes.min(initial=0) < 0:
        raise ValueError("classes that are no numbers from 0 on")
    if not np.isfinite(planes).all():
        raise ValueError("values that are not finite")


def refuse_infinite(tensors: dict[str, Tensor]) -> None:
    """Raise ValueError where a weight is NaN or infinite."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise ValueError(f"{name} holds values that are not finite")


def refuse_spec(long_side: int, output_stride: int, classes: tuple[str, ...]) -> None:
    """Raise ValueError where no network can have been trained with these."""
    if not 1 <= long_side <= 2**16 or not 1 <= output_stride <= 64:
        raise ValueError(f"long_side {long_side}, output_stride {output_stride}")
    if len(classes) != len(set(classes)) or not all(classes):
        raise ValueError("class names that are empty or there twice")
