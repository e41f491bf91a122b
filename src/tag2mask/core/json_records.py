"""Read and write frozen dataclasses as JSON files; the only module that does so.

`core/json_fields.py` converts the fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path, refuse_special, write_text
from tag2mask.core.json_fields import from_json, to_json
from tag2mask.core.processes.late_files import await_file
from tag2mask.core.processes.state import is_first

T = TypeVar("T")

VERSION = 1
"""Version of the format of all records; incremented if older readers cannot read the new format."""

VERSION_KEY = "format_version"


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON object atomically."""
    write_text(path, _text(content))


def read_json(path: Path, fix: str = "delete it and repeat") -> dict[str, object]:
    """Read a JSON object; {} if the file is missing or contains anything else.

    Raises:
        InputError: the file cannot be read, or was written by a newer version.
    """
    if not path.exists():
        return {}
    refuse_special(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error}); {fix}.") from error
    if not isinstance(content, dict):
        return {}
    version = content.get(VERSION_KEY, 0)
    if type(version) is int and version > VERSION:
        raise InputError(f"{path} was written by a newer version of tag2mask; update tag2mask.")
    return content


def write_record(path: Path, record: object, **more: object) -> None:
    """Write a dataclass and further keys atomically, with the version of the format."""
    write_json(path, {VERSION_KEY: VERSION, **to_json(record), **more})


def write_record_with_list(
    path: Path, record: object, key: str, items: Iterable[object], **more: object
) -> None:
    """Write a file as `write_record` does, without holding one of its lists in memory.

    Args:
        path: the file.
        record: the dataclass, with an empty list at `key`.
        key: name of the list.
        items: its entries, as JSON; consumed only by the process that writes.
        more: further keys.
    """
    if not is_first():
        return
    head, _, tail = _text({VERSION_KEY: VERSION, **to_json(record), **more}).partition(
        f'\n "{key}": []')
    with atomic_path(path) as temporary, temporary.open(
            "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f'{head}\n "{key}": [')
        separator, closing = "\n  ", ""
        for item in items:
            file.write(separator + json.dumps(item, indent=1, ensure_ascii=False).replace(
                "\n", "\n  "))
            separator, closing = ",\n  ", "\n "
        file.write(f"{closing}]{tail}")


def read_record(
    path: Path, kind: type[T], *, key: str = "", fix: str = "delete it and repeat",
    old_form: Callable[[dict[str, object]], dict[str, object]] | None = None,
) -> T | None:
    """Read a dataclass that `write_record` wrote.

    Args:
        path: the file.
        kind: the dataclass.
        key: key of the object in the file; "" for the whole file.
        fix: the fix for a damaged file, as the end of a sentence.
        old_form: completes the content of a file that was written before formats had versions.

    Returns:
        The dataclass; None where the file is missing or empty.

    Raises:
        InputError: a field is missing or has a wrong type; the message names file and field.
    """
    content = read_json(path, fix)
    if not content:
        return None
    if old_form and VERSION_KEY not in content:
        content = old_form(content)
    try:
        return from_json(kind, content.get(key) if key else content, key)
    except ValueError as error:
        raise InputError(f"{path} is missing or damaged ({error}); {fix}.") from error


def need_record(
    path: Path, kind: type[T], *, key: str = "", fix: str,
    old_form: Callable[[dict[str, object]], dict[str, object]] | None = None,
) -> T:
    """Read a dataclass as `read_record` does, from a file that must exist.

    Raises:
        InputError: the file is missing or damaged.
    """
    await_file(path)
    record = read_record(path, kind, key=key, fix=fix, old_form=old_form)
    if record is None:
        raise InputError(f"{path} is missing or empty; {fix}.")
    return record


def _text(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
