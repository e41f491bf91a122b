"""Read and write weights as safetensors files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path, refuse_special
from tag2mask.core.processes import is_first
from tag2mask.core.processes.late_files import await_file
from tag2mask.data.damage import reading, refuse_infinite

if TYPE_CHECKING:  # torch is only imported for reading weights: exports do not need it
    from torch import Tensor


def write_weights(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Write tensors as safetensors, with metadata in the file's header.

    Of several processes, only the first writes.

    Raises:
        InputError: the file cannot be written; the error of safetensors omits the system's error
            number.
    """
    from safetensors.torch import save

    if not is_first():
        return
    whole = {key: value.detach().contiguous().cpu() for key, value in tensors.items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(whole, metadata=about))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        InputError: the file is missing, is not a safetensors file, or contains NaN.
    """
    from safetensors.torch import load_file

    refuse_special(path)
    await_file(path)
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(
            f"{path} is missing or is no safetensors file ({error}); "
            "give weights saved by tag2mask or by safetensors."
        ) from error
    with reading(path, "delete it and train again, with a lower learning rate if it was trained"):
        refuse_infinite(tensors)
    return tensors


def read_header(path: Path) -> dict[str, str]:
    """Read the metadata of a file of `write_weights`."""
    with reading(path), safe_open(path, framework="pt") as file:
        return file.metadata() or {}
