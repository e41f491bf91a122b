"""Something else where a file was expected: a folder, a link, a pipe, another name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

NAMES = (b"caf\xe9.png", b"a\nb.png", b"\x1b[31m.png", b"=1+1.png", b"-x.png", b" .png", b".png",
         b"x" * 250 + b".png", "中文😀.png".encode(),
         "e\u0301.png".encode(), b"a;b,c.png",
         b"con.png", b"<b>.png", b"%s.png", b"x.PNG.", b"x.txt", b"x.csv", b"x.npz",
         b"x.json", b"x")


def remove(path: Path, rng: Random) -> None:
    """Take the file away."""
    path.unlink()


def to_folder(path: Path, rng: Random) -> None:
    """Put a folder in its place, empty or not."""
    path.unlink()
    path.mkdir()
    if rng.random() < 0.5:
        (path / path.name).write_bytes(b"x")


def to_link(path: Path, rng: Random) -> None:
    """Put a link in its place: to a file or folder elsewhere, to nothing, to itself."""
    path.unlink()
    elsewhere = [path.parent, path.parent.parent / "nothing", path, Path("/dev/null"),
                 *sorted(path.parent.iterdir())]
    path.symlink_to(rng.choice(elsewhere))


def to_pipe(path: Path, rng: Random) -> None:
    """Put a named pipe in its place, which nobody writes into."""
    path.unlink()
    os.mkfifo(path)


def rename(path: Path, rng: Random) -> None:
    """Give it a name that is no UTF-8, very long, or has another extension."""
    path.rename(path.parent / os.fsdecode(rng.choice(NAMES)))


def copy_over(path: Path, rng: Random) -> None:
    """Put a copy of another file of its folder in its place."""
    other = rng.choice([file for file in sorted(path.parent.iterdir()) if file.is_file()])
    content = other.read_bytes()
    path.unlink()
    path.write_bytes(content)


def folder_to_file(path: Path, rng: Random) -> None:
    """Put a file in place of its folder."""
    shutil.rmtree(path.parent)
    path.parent.write_bytes(b"x")


def folder_to_link(path: Path, rng: Random) -> None:
    """Put a link in place of its folder, to a copy of it that is not to be changed."""
    elsewhere = path.parent.with_name("linked")
    path.parent.rename(elsewhere)
    path.parent.symlink_to(rng.choice((elsewhere, path.parent.parent)))


PathMutator = Callable[[Path, Random], None]
PATHS: tuple[PathMutator, ...] = (
    remove, remove, to_folder, to_folder, to_link, to_link, to_pipe, rename, rename, rename,
    copy_over, folder_to_file, folder_to_link)
