"""Dataclasses in JSON files: read back as they were, or refused with file and field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.json_fields import FLAT
from tag2mask.core.json_records import (
    need_record,
    read_record,
    write_record,
    write_record_with_list,
)


@dataclass(frozen=True, kw_only=True)
class Edges:
    """A group of keys."""

    inner: float
    outer: float | None


@dataclass(frozen=True, kw_only=True)
class Part:
    """An object inside another."""

    name: str
    size: tuple[int, int]

    def __post_init__(self) -> None:
        """Refuse what is empty."""
        if not all(self.size):
            raise ValueError(f"size is {self.size}")


@dataclass(frozen=True, kw_only=True)
class Whole:
    """All kinds of fields."""

    score: float | None
    done: bool
    parts: tuple[Part, ...]
    shares: Mapping[str, float | None]
    best: Part | None
    edges: Edges | None = field(default=None, metadata=FLAT)
    model: str | None = None
    layers: tuple[str, ...] = ()


WHOLE = Whole(score=None, done=True, parts=(Part(name="größe", size=(2, 3)),),
              shares={"cat": 0.5, "dog": None}, best=None)
CONTENT: dict[str, Any] = {
    "score": None, "done": True, "parts": [{"name": "größe", "size": [2, 3]}],
    "shares": {"cat": 0.5, "dog": None}, "best": None,
}


def stored(folder: Path, content: object) -> Path:
    """Write a file."""
    path = folder / "whole.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_record_is_stored_with_its_required_keys(tmp_path: Path) -> None:
    """Nothing is null or empty that has a default; the form has a version."""
    path = tmp_path / "whole.json"
    write_record(path, WHOLE, more=1)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content == {"format_version": 1, **CONTENT, "more": 1}
    assert read_record(path, Whole) == WHOLE


def test_a_group_has_no_object_of_its_own(tmp_path: Path) -> None:
    """And is None where its keys are missing."""
    whole = Whole(**{**vars(WHOLE), "edges": Edges(inner=1, outer=None), "layers": ("a",)})
    path = tmp_path / "whole.json"
    write_record(path, whole)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert (content["inner"], content["outer"], content["layers"]) == (1, None, ["a"])
    assert read_record(path, Whole) == whole


@pytest.mark.parametrize(("changes", "place"), [
    ({"score": "high"}, 'score is "high", not a number'),
    ({"score": True}, "score is true, not a number"),
    ({"done": 1}, "done is 1, not true or false"),
    ({"parts": [CONTENT["parts"][0], {"name": "b"}]}, r"parts\[1\]\.size is missing"),
    ({"parts": [{"name": 3, "size": [1, 1]}]}, r"parts\[0\]\.name is 3, not text"),
    ({"parts": [{"name": "a", "size": [1]}]}, r"parts\[0\]\.size is \[1\], not a list of 2"),
    ({"parts": [{"name": "a", "size": [1, 0]}]}, r"parts\[0\] cannot be: size is \(1, 0\)"),
    ({"parts": [{"name": "a", "size": [1, 2.5]}]}, r"parts\[0\]\.size\[1\] is 2.5"),
    ({"parts": {}}, "parts is {}, not a list"),
    ({"shares": {"cat": "x"}}, r'shares\.cat is "x", not a number'),
    ({"shares": []}, r"shares is \[\], not an object"),
    ({"best": 4}, "best is 4, not an object"),
    ({"inner": 2.0}, "outer is missing"),
])
def test_a_misfit_names_file_and_field(
    changes: dict[str, object], place: str, tmp_path: Path
) -> None:
    """In one sentence, with what helps."""
    path = stored(tmp_path, {**CONTENT, **changes})
    with pytest.raises(InputError, match=rf"whole\.json is .*\({place}.*\); run it again\.$"):
        read_record(path, Whole, fix="run it again")


@pytest.mark.parametrize("key", CONTENT)
def test_a_missing_field_is_an_error(key: str, tmp_path: Path) -> None:
    """Also one that may be None."""
    path = stored(tmp_path, {name: value for name, value in CONTENT.items() if name != key})
    with pytest.raises(InputError, match=rf"\({key} is missing\)"):
        read_record(path, Whole)


def test_unknown_keys_and_empty_objects_are_passed_over(tmp_path: Path) -> None:
    """An empty object is None where that is allowed."""
    path = stored(tmp_path, {**CONTENT, "best": {}, "later": [1]})
    assert read_record(path, Whole) == WHOLE


def test_a_part_of_a_file(tmp_path: Path) -> None:
    """By its key, which is named in the error."""
    path = stored(tmp_path, {"part": {"name": "a", "size": [1, 2]}, "other": {"name": "b"}})
    assert need_record(path, Part, key="part", fix="run it") == Part(name="a", size=(1, 2))
    with pytest.raises(InputError, match=r"\(other\.size is missing\)"):
        read_record(path, Part, key="other")
    with pytest.raises(InputError, match=r"\(third is null, not an object\)"):
        read_record(path, Part, key="third")


def test_no_file_is_none_unless_it_is_needed(tmp_path: Path) -> None:
    """With the command that makes it."""
    path = tmp_path / "none.json"
    assert read_record(path, Whole) is None
    with pytest.raises(InputError, match=r"none\.json is missing or empty; run it\.$"):
        need_record(path, Whole, fix="run it")


def test_an_old_form_is_completed_and_a_newer_one_refused(tmp_path: Path) -> None:
    """By the version of the form: files of the first release have none."""
    old = {"name": "a"}
    path = stored(tmp_path, old)
    assert read_record(path, Part, old_form=lambda content: {**content, "size": [1, 1]}) == Part(
        name="a", size=(1, 1))
    path = stored(tmp_path, {"format_version": 1, **old})
    with pytest.raises(InputError, match="size is missing"):
        read_record(path, Part, old_form=lambda content: {**content, "size": [1, 1]})
    path = stored(tmp_path, {"format_version": 2, **old})
    with pytest.raises(InputError, match="newer version of tag2mask; update"):
        read_record(path, Part)


@dataclass(frozen=True, kw_only=True)
class _Listing:
    """A record with a long list between other fields."""

    first: str
    photos: tuple[dict[str, object], ...]
    last: tuple[str, ...]


@pytest.mark.parametrize("items", [
    [], [{}], [{"name": "a\nb", "tags": [1, 2], "empty": []}, {"name": "é", "none": None}],
])
def test_a_list_is_written_one_by_one_as_at_once(
    items: list[dict[str, object]], tmp_path: Path
) -> None:
    """Byte for byte."""
    head = {"first": '"photos": []', "last": ("x",)}
    write_record(tmp_path / "a", _Listing(photos=tuple(items), **head), more=1)
    write_record_with_list(tmp_path / "b", _Listing(photos=(), **head), "photos", iter(items),
                           more=1)
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()
