"""A file is either whole or not there, and what kept it from being written is told."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.files import (
    atomic_path,
    causes,
    refuse_folder,
    refuse_special,
    remove_leftovers,
    write_text,
)


def stop_halfway(path: Path, why: BaseException) -> None:
    """Begin to write a file, and fail."""
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        raise why


def test_it_appears_whole_in_a_new_folder(tmp_path: Path) -> None:
    """And nothing lies beside it."""
    path = tmp_path / "a" / "b" / "note.txt"
    with atomic_path(path) as temporary:
        assert temporary.suffix == ".txt"
        assert temporary.parent == path.parent
        temporary.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


def test_an_exception_leaves_nothing_and_the_old_file_alone(tmp_path: Path) -> None:
    """Whether there was one before or not."""
    for path in (tmp_path / "old.txt", tmp_path / "new.txt"):
        if path.stem == "old":
            write_text(path, "before")
        with pytest.raises(ZeroDivisionError):
            stop_halfway(path, ZeroDivisionError())
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]
    assert (tmp_path / "old.txt").read_text() == "before"


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """It is no Exception, but it happens in the middle of writing all the same."""
    with pytest.raises(KeyboardInterrupt):
        stop_halfway(tmp_path / "a.txt", KeyboardInterrupt())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "told"), [
    (errno.ENOSPC, r"The disk is full: .*a\.txt was not written; free some space"),
    (errno.EDQUOT, "The disk is full"),
    (errno.EFBIG, "larger than files may be here"),
    (errno.EACCES, r"a\.txt cannot be written: .*choose another --out"),
    (errno.EROFS, "choose another --out"),
    (errno.ENAMETOOLONG, r"a\.txt cannot be written: .*shorter name"),
    (errno.EBUSY, "another program holds it"),
    (errno.ESTALE, "mount it again"),
    (errno.EPIPE, "has ended"),
    (errno.ENOENT, r"a\.txt cannot be written: .*repeat"),
    (errno.EIO, r"a\.txt cannot be written: .*check that disk and folder work"),
    (errno.EINVAL, r"a\.txt cannot be written: .*check that disk and folder work"),
])
def test_what_the_system_refuses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    """In one sentence with its fix, and nothing half-written stays."""
    def refuse(path: Path, text: str, encoding: str, errors: str) -> None:
        path.write_bytes(text[:2].encode(encoding))
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(InputError, match=told) as caught:
        write_text(tmp_path / "a.txt", "a long text")
    assert [error.errno for error in causes(caught.value) if isinstance(error, OSError)] == [
        None, number]
    assert not list(tmp_path.iterdir())


def test_another_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """As a source that is read while the file is written."""
    with pytest.raises(InputError, match=r"a\.txt cannot be written: .*nowhere: No such file"), \
            atomic_path(tmp_path / "a.txt"):
        (tmp_path / "nowhere").read_text()


def test_the_errors_of_libraries_stay_what_they_are(tmp_path: Path) -> None:
    """Pillow raises OSErrors without a number, for faults of ours."""
    error = OSError("cannot write mode F as PNG")
    with pytest.raises(OSError, match="mode F") as caught:
        stop_halfway(tmp_path / "a.png", error)
    assert caught.value is error


def test_a_circle_of_causes_is_followed_once() -> None:
    """Whether of one error or of two."""
    one, two = OSError("one"), OSError("two")
    one.__cause__ = one
    assert list(causes(one)) == [one]
    one.__cause__, two.__cause__ = two, one
    assert list(causes(one)) == [one, two]


@pytest.mark.parametrize("name", [f"{'x' * 251}.npz", f"{'é' * 125}.png", f".{'x' * 254}"])
def test_a_name_as_long_as_the_system_allows_can_be_written(tmp_path: Path, name: str) -> None:
    """Though the name of the temporary file has more letters than the final one."""
    write_text(tmp_path / name, "text")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    """For a file and for its folder."""
    for path in (tmp_path / ("x" * 256), tmp_path / ("x" * 256) / "a.txt"):
        with pytest.raises(InputError, match=r"cannot be written: .*shorter name"):
            write_text(path, "text")


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """By itself, and where nothing asked before."""
    (tmp_path / "sub").mkdir()
    refuse_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"sub is a folder; give the name of a file in it\."):
        refuse_folder(tmp_path / "sub")
    with pytest.raises(InputError, match=r"sub cannot be written: .*give the name of a file"):
        write_text(tmp_path / "sub", "text")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes into, and a device; what is missing is for others to say."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(InputError, match=f"{path} is a pipe or a device, not a file; put a"):
            refuse_special(path)
    for path in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        refuse_special(path)


def test_a_byte_that_is_no_utf8_is_written_as_an_escape(tmp_path: Path) -> None:
    """Which JSON gives back."""
    write_text(tmp_path / "a.json", '"caf\udce9"')
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == "caf\udce9"


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """As when --out names a file."""
    (tmp_path / "out").write_text("mine")
    for path in (tmp_path / "out" / "a.txt", tmp_path / "out" / "deeper" / "a.txt"):
        with pytest.raises(InputError, match="a file is in its way"):
            write_text(path, "text")
    assert (tmp_path / "out").read_text() == "mine"


def test_text_is_utf8(tmp_path: Path) -> None:
    """On every system."""
    write_text(tmp_path / "a.txt", "Größe → 255\n")
    assert (tmp_path / "a.txt").read_bytes() == "Größe → 255\n".encode()


def test_leftovers_of_a_killed_process_can_be_removed(tmp_path: Path) -> None:
    """Whatever they were to become, and nothing else; a folder that is not there is clean."""
    left = [tmp_path / "cat" / name for name in (".a.77.tmp.npz", ".b.c.12.tmp.png", ".d.1.tmp")]
    kept = [tmp_path / "cat" / name for name in ("a.npz", "x.tmp.png", ".hidden")]
    (tmp_path / "cat").mkdir()
    for path in (*left, *kept):
        path.write_text("")
    remove_leftovers(tmp_path)
    remove_leftovers(tmp_path / "nowhere")
    assert sorted((tmp_path / "cat").iterdir()) == sorted(kept)
