"""Atomic writing of files, and messages for errors of the file system."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tag2mask.core.contracts import InputError
from tag2mask.core.processes.state import is_first
from tag2mask.core.profiling import WRITE, count, recording, work

_LONGEST_STEM = 100
"""The most bytes of a name that is used as part of the name of its temporary file."""

_FULL = (errno.ENOSPC, errno.EDQUOT)

_FIXES = {
    errno.EACCES: "change its permissions, or choose another --out",
    errno.EPERM: "change its permissions, or choose another --out",
    errno.EROFS: "choose another --out",
    errno.EFBIG: "it is larger than files may be here; choose another --out",
    errno.ENAMETOOLONG: "use a shorter name, or a shorter --out",
    errno.EISDIR: "give the name of a file",
    errno.ENOENT: "it was removed or never existed; restore it and repeat",
    errno.EBUSY: "another program holds it; close that and repeat",
    errno.EMFILE: "allow more open files (ulimit -n), or use fewer --workers",
    errno.ENFILE: "close other programs and repeat",
    errno.ENOMEM: "close other programs, or choose smaller settings",
    errno.ELOOP: "its links lead in a circle; remove one of them",
    errno.ENOTDIR: "a file is in the way of a folder; choose another path",
    errno.EPIPE: "the program that was reading has ended; repeat",
    errno.ESTALE: "the network folder was replaced or lost; mount it again and repeat",
}
"""The fix for each error number of the system."""

_OTHER_FIX = "check that disk and folder work, and repeat"


class WriteError(InputError, OSError):
    """The system refuses to write a file; also an OSError, for callers that expect one."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it to `path` when the block succeeds.

    A file with its final name is therefore always complete, even if a process was killed. The
    temporary file keeps the suffix, because many writers select the format by it.

    Args:
        path: the final name; its folder is created if missing.

    Raises:
        WriteError: the system refuses to write the file.
    """
    temporary = _temporary(path)
    try:
        with _explained(path, temporary), work(WRITE):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            if recording():
                count(WRITE, moved_bytes=temporary.stat().st_size)
            temporary.replace(path)
    finally:
        with suppress(OSError):  # the error above is the one to report
            temporary.unlink(missing_ok=True)


class GrowingFile:
    """A file that is written in parts over a long time; it gets its name when it is complete.

    Unlike in `atomic_path`, what fails between the parts is not taken for an error of this file.
    """

    def __init__(self, path: Path) -> None:
        """Choose the temporary name, and create the folder if it is missing.

        Raises:
            WriteError: the system refuses to create the folder.
        """
        self._path = path
        self.temporary = _temporary(path)
        with self.part():
            path.parent.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def part(self) -> Iterator[Path]:
        """Yield the temporary path, to write a part there.

        Raises:
            WriteError: the system refuses to write it.
        """
        with _explained(self._path, self.temporary), work(WRITE):
            yield self.temporary

    def complete(self) -> None:
        """Give the file its name.

        Raises:
            WriteError: the system refuses to.
        """
        with self.part():
            self.temporary.replace(self._path)

    def discard(self) -> None:
        """Remove what was written, unless it is complete."""
        with suppress(OSError):  # another error is the one to report
            self.temporary.unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    """Return the hidden name that a file has until it is complete."""
    return path.with_name(f".{_short_stem(path)}.{os.getpid()}.tmp{path.suffix}")


@contextmanager
def _explained(path: Path, temporary: Path) -> Iterator[None]:
    """Turn errors of the system in the block into sentences about `path`."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # raised by a library for a reason of its own
            raise
        raise WriteError(_not_written(error, path, temporary)) from error


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of killed processes; no other process may be writing."""
    for top, _, names in os.walk(folder):  # rglob takes ten times as long
        for name in names:
            if name.startswith(".") and ".tmp" in name[1:]:
                Path(top, name).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    r"""Write `text` as UTF-8 to `path` atomically.

    Characters without UTF-8, such as bytes of a file name in an old encoding, are written as
    `\udce9`, which JSON can read. Of several processes, only the first writes.
    """
    if not is_first():
        return
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def refuse_folder(path: Path) -> None:
    """Raise an error if `path`, a file to be written, is a folder.

    Raises:
        InputError: `path` is a folder.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the name of a file in it.")


def refuse_special(path: Path) -> None:
    """Raise an error if `path` is a pipe or a device, of which reading may never end.

    Raises:
        InputError: `path` is neither a file nor a folder nor missing.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # opening it reports the reason
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError(f"{path} is a pipe or a device, not a file; put a file in its place or "
                         "remove it.")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes, each once even if they form a cycle."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def full_disk(error: BaseException | None) -> BaseException | None:
    """Return the error among an error and its causes that reports a full disk.

    safetensors and torch state it only in the text of their own errors.
    """
    for cause in causes(error):
        full = isinstance(cause, OSError) and cause.errno in _FULL
        if full or "no space left on device" in str(cause).lower():
            return cause
    return None


def system_sentence(error: OSError) -> str:
    """Describe an error of the operating system in one sentence, with the file and the fix."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    where = f"{name}: " if name else ""
    reason = error.strerror or os.strerror(error.errno or 0)
    return f"{where}{reason}; {_FIXES.get(error.errno or 0, _OTHER_FIX)}."


def _short_stem(path: Path) -> str:
    """Return the stem, or a digest if the stem would be too long for the temporary name."""
    if len(os.fsencode(path.stem)) <= _LONGEST_STEM:
        return path.stem
    return hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32]


def _not_written(error: OSError, path: Path, temporary: Path) -> str:
    if error.errno in _FULL:
        return f"The disk is full: {path} was not written; free some space and repeat."
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"{path.parent} cannot be a folder: a file is in its way; choose another --out."
    other = error.filename and str(error.filename) not in (str(path), str(temporary))
    about = f"{error.filename}: " if other else ""
    reason = error.strerror or os.strerror(error.errno or 0)
    fix = _FIXES.get(error.errno or 0, _OTHER_FIX)
    return f"{path} cannot be written: {about}{reason}; {fix}."
