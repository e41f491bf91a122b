"""Files that are either whole or not there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tag2mask.core.contracts import InputError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it to `path` when the block succeeds.

    A reader, or a run that was killed, therefore never meets a half-written file under a final
    name. The temporary file keeps the suffix, because many writers choose the format by it.

    Args:
        path: the final name; its folder is made when missing.

    Raises:
        InputError: the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _told(error, path) from error
    finally:
        with suppress(OSError):  # what went wrong above is what is to be told
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of a process that was killed; nobody else may be writing."""
    for left in folder.rglob(".*.tmp*"):
        left.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 under `path`, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def full_disk(error: BaseException | None) -> BaseException | None:
    """Find the full disk among an error and its causes.

    safetensors and torch only say so in the text of errors of their own.
    """
    while error is not None:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or "no space left on device" in str(error).lower():
            return error
        error = error.__cause__ or error.__context__
    return None


def _told(error: OSError, path: Path) -> InputError | OSError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InputError(f"The disk is full: {path} was not written; free some space and repeat.")
    if error.errno == errno.EFBIG:
        return InputError(f"{path} was not written: it is larger than files may be here; "
                          "choose another --out.")
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return InputError(f"{path.parent} cannot be a folder: a file is in its way; "
                          "choose another --out.")
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return InputError(f"{path} cannot be written: {error.strerror}; choose another --out.")
    return error
