"""Annotations in data.json, which may come from a stranger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tag2mask.annotation.records import Annotation, Box, GivenMask, Point, Scribble
from tag2mask.core.json_fields import from_json, to_json
from tag2mask.data.annotations.entries import AnnotationEntry
from tag2mask.data.mask_reading import MaskFile

WHOLE = Annotation(
    mask=GivenMask(path=MaskFile.of(Path("/a/b.png"), None, 6), digest="d", labels=(0, 2),
                   decided=0.5),
    points=(Point(1, 2.5, 3),), boxes=(Box(2, 0, 1, 2, 4),),
    scribbles=(Scribble(0, 3, ((1, 2), (3, 4))),), added_tags=(1,),
)


def written(given: Annotation) -> dict[str, Any]:
    """Return an annotation as it is read from a file."""
    entry = AnnotationEntry.of(given)
    made: dict[str, Any] = json.loads(json.dumps(to_json(entry)))
    return made


def test_there_and_back() -> None:
    """With how the mask is turned; nothing of photos without annotations."""
    found = from_json(AnnotationEntry, written(WHOLE)).to_annotation(2)
    assert found == WHOLE
    assert found.mask is not None
    assert isinstance(found.mask.path, MaskFile)
    assert found.mask.path.turn == 6
    assert AnnotationEntry.of(None) is None


@pytest.mark.parametrize(("key", "value"), [
    ("points", [[9, 1, 1]]), ("points", [[1, 1]]), ("points", [[1, float("nan"), 1]]),
    ("points", [[1, "x", 1]]), ("boxes", [[1, 0, 0, 1e9, 1]]), ("added_tags", [7]),
    ("scribbles", [[1, 3, [[1]]]]), ("points", 3),
])
def test_damage_is_found(key: str, value: object) -> None:
    """As the error that the reader of the file reports."""
    with pytest.raises(ValueError):  # noqa: PT011 - which one is the reader's business
        from_json(AnnotationEntry, written(WHOLE) | {key: value}).to_annotation(2)
