"""Write WebDataset shards: tar files in which the files of a photo share a key."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tag2mask.data.readers.shards.files import write_list

_BLOCK, _RECORD = tarfile.BLOCKSIZE, tarfile.RECORDSIZE


class ShardWriter:
    """Writes files of photos into one shard after another.

    Files have no times or owners, so that the same files give the same bytes.
    """

    def __init__(self, folder: Path, size: int) -> None:
        """Begin without shards.

        Args:
            folder: an existing folder.
            size: maximum size of a shard in bytes, unless a photo alone is larger.
        """
        self.photos: dict[str, int] = {}
        self._folder, self._most, self._room = folder, size, 0
        self._archive: tarfile.TarFile | None = None

    def add(self, files: list[tuple[str, bytes]]) -> None:
        """Write the files of a photo; a new shard begins where they do not fit."""
        entries = [(_entry(name, len(content)), content) for name, content in files]
        needed = sum(_space(entry) for entry, _ in entries)
        if self._archive is None or needed > self._room:
            self._close()
            name = f"shard-{len(self.photos):06d}.tar"
            self.photos[name] = 0
            self._archive = tarfile.open(self._folder / name, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `close`
            self._room = self._most - _RECORD
        for entry, content in entries:
            self._archive.addfile(entry, io.BytesIO(content))
        self._room -= needed
        self.photos[next(reversed(self.photos))] += 1

    def finish(self, classes: Sequence[str]) -> None:
        """Complete the last shard; write their list `shards.json`, and `classes.txt`.

        Args:
            classes: names of the labels 1..K.
        """
        self._close()
        write_list(self._folder, self.photos)
        lines = ("background", *classes)
        (self._folder / "classes.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _close(self) -> None:
        if self._archive is not None:
            self._archive.close()
            self._archive = None


def free_key(name: str, taken: set[str]) -> str:
    """Return a key without dots, which would end it, that no other photo has."""
    plain = name.replace(".", "_")
    key, number = plain, 1
    while key in taken:
        number += 1
        key = f"{plain}-{number}"
    taken.add(key)
    return key


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o644, 0
    return entry


def _space(entry: tarfile.TarInfo) -> int:
    """Return the number of bytes that a file takes in a tar file."""
    header = len(entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
    return header + -(-entry.size // _BLOCK) * _BLOCK
