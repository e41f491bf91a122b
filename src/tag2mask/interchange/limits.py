"""Protection against malicious files: foreign paths, decompression bombs and XML entities.

All input of the formats passes through these functions.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from tag2mask.core.contracts import InputError
from tag2mask.data.photos import MAX_PIXELS
from tag2mask.data.readers.names import path_below_root

MOST_FILES = 500_000
"""Maximum number of files in a zip file."""
MOST_BYTES = 32 * 2**30
"""Maximum unpacked size of all files in a zip file, in bytes."""
MOST_RATIO = 500
"""Maximum ratio of unpacked to packed size of a file in a zip file, if larger than `_SMALL`."""
MOST_XML = 4 * 2**30
"""Maximum size of an XML file, which is read incrementally, in bytes."""
MOST_TEXT = 512 * 2**20
"""Maximum size of a file that is read as a whole (JSON of a photo, list, class table), in bytes."""

_SMALL = 2**20
_PIECE = 2**20
_LINK = 0xA000


def read_text(path: Path) -> str:
    """Read a UTF-8 file, with or without a byte order mark.

    Raises:
        InputError: the file is missing, too large, or in another encoding.
    """
    try:
        size = path.stat().st_size
        if size > MOST_TEXT:
            raise InputError(f"{path} has {size / 2**20:,.0f} MB, more than the "
                             f"{MOST_TEXT // 2**20:,} MB that are read at once; split it.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not in UTF-8; save it again in that encoding.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def checked_size(height: object, width: object) -> tuple[int, int]:
    """Validate the size of a photo given in a file.

    Raises:
        ValueError: the size is invalid or exceeds the limit for photos.
    """
    sides = []
    for side in (height, width):
        if isinstance(side, bool) or not isinstance(side, int | float) or not 1 <= side < 2**31:
            raise ValueError(f"its height and width are {height!r} and {width!r}, no numbers of "
                             "pixels")
        sides.append(int(side))
    if sides[0] * sides[1] > MAX_PIXELS:
        raise ValueError(f"it claims {sides[1]} x {sides[0]} pixels, more than "
                         f"{MAX_PIXELS // 1_000_000} million")
    return sides[0], sides[1]


def photo_file(text: str, *, where: str) -> str:
    """Validate and normalise the path of a photo given in a file: "/" and no leading "./".

    Raises:
        InputError: the path is empty, absolute, or leads out of its folder.
    """
    path = path_below_root(text.strip(), where=where)
    if not path.parts:
        raise InputError(f"{where} names no photo; fill in its path.")
    return path.as_posix()


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Provide a folder as a context manager: `path` itself, or the temporarily unpacked zip file.

    Raises:
        InputError: `path` is neither a folder nor a valid zip file, or the zip file has foreign
            paths or exceeds the limits.
    """
    if path.is_dir():
        yield path
        return
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path} is neither a folder nor a zip; give one of them.")
    with tempfile.TemporaryDirectory(prefix="tag2mask-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                _unpack(archive, path, Path(folder))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise InputError(f"{path} is damaged or encrypted ({error}); pack it again.") from error
        yield Path(folder)


def _unpack(archive: zipfile.ZipFile, path: Path, folder: Path) -> None:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MOST_FILES:
        raise InputError(f"{path} holds {len(members):,} files, more than {MOST_FILES:,}; "
                         "pack fewer at a time.")
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise InputError(f"{path} unpacks to more than {MOST_BYTES // 2**30} GB; unpack it "
                         "yourself if you trust it, and give the folder.")
    for member in members:
        if (member.external_attr >> 16) & 0xF000 == _LINK:
            raise InputError(f"{path} holds the link {member.filename}; pack files only.")
        name = path_below_root(member.filename, where=str(path))
        if member.file_size > max(_SMALL, MOST_RATIO * member.compress_size):
            raise InputError(f"{path} holds {member.filename}, which unpacks to more than "
                             f"{MOST_RATIO} times its size; unpack it yourself if you trust it.")
        _extract(archive, member, folder / name)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # zipfile stops at the declared size of a member, which is checked above.
    with archive.open(member) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, _PIECE)


class _Pieces(ElementTree.TreeBuilder):
    """Collects the wanted elements when they end, and removes them from the tree."""

    def __init__(self, wanted: frozenset[str]) -> None:
        super().__init__()
        self.wanted = wanted
        self.done: list[ElementTree.Element] = []
        self.open: list[ElementTree.Element] = []

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type")

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        element = super().start(tag, attrs)
        self.open.append(element)
        return element

    def end(self, tag: str) -> ElementTree.Element:
        element = super().end(tag)
        self.open.pop()
        if tag in self.wanted:
            self.done.append(element)
            if self.open:
                self.open[-1].remove(element)
        return element


def xml_elements(path: Path, *wanted: str) -> Iterator[ElementTree.Element]:
    """Yield the elements with the wanted names, in the order of their end tags.

    Entities are refused since they could read files or expand without limit.

    Raises:
        InputError: the file is missing, too large, not XML, or declares a document type.
    """
    pieces = _Pieces(frozenset(wanted))
    parser = ElementTree.XMLParser(target=pieces)
    try:
        if path.stat().st_size > MOST_XML:
            raise InputError(f"{path} is larger than {MOST_XML // 2**30} GB; split it.")
        with path.open("rb") as file:
            while block := file.read(_PIECE):
                parser.feed(block)
                yield from pieces.done
                pieces.done.clear()
        parser.close()
        yield from pieces.done
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, ElementTree.ParseError) as error:
        raise InputError(f"{path} is no XML that can be read ({error}); export it "
                         "again.") from error


def below(path: PurePosixPath | str, *tops: str) -> str:
    """Return a path without its first folder if that is one of `tops`."""
    parts = PurePosixPath(path).parts
    return "/".join(parts[1:]) if len(parts) > 1 and parts[0] in tops else "/".join(parts)
