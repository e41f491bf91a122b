"""Explain in one sentence why a photo cannot be read."""

from __future__ import annotations

from pathlib import Path

from PIL import UnidentifiedImageError

from tag2mask.data.data_files import name_in_messages, what_is_missing
from tag2mask.data.pixel_formats import UnreadableFormatError


def why_unreadable(path: Path, error: Exception) -> str:
    """Return a sentence that explains why a photo cannot be read, with a remedy.

    Args:
        path: the photo.
        error: exception from opening or decoding it.
    """
    name = name_in_messages(path)
    if path.is_dir():
        return f"{name} is a folder, not a photo; rename it or leave it out."
    if not path.exists():
        return f"{what_is_missing(path)} is missing; put it there or leave it out."
    if isinstance(error, PermissionError):
        return f"{name} cannot be read: permission denied; allow reading it or leave it out."
    if path.stat().st_size == 0:
        return f"{name} is empty (0 bytes); copy it again or leave it out."
    if isinstance(error, UnreadableFormatError):
        return f"{name} cannot be read: {error}, or leave it out."
    if isinstance(error, UnidentifiedImageError) and _is_tiff(path):
        return (f"{name} is a TIFF whose kind of pixels cannot be read; save it as grey of 8 or 16 "
                "bits or 32-bit floats, or as RGB, or leave it out.")
    if isinstance(error, UnidentifiedImageError):
        return f"{name} is no picture in a known format; save it as JPEG or PNG or leave it out."
    reason = str(error) or type(error).__name__
    return f"{name} is damaged or cut short ({reason}); copy it again or leave it out."


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
