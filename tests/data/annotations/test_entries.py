"""Annotations in data.json, which may come from a stranger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tag2mask.annotation.records import Annotation, Box, GivenMask, Point, Scribble
from tag2mask.data.annotations.entries import annotation_entry, annotation_of
from tag2mask.data.dataset import Photo
from tag2mask.data.mask_reading import MaskFile

WHOLE = Annotation(
    mask=GivenMask(path=MaskFile.of(Path("/a/b.png"), None, 6), digest="d", labels=(0, 2),
                   decided=0.5),
    points=(Point(1, 2.5, 3),), boxes=(Box(2, 0, 1, 2, 4),),
    scribbles=(Scribble(0, 3, ((1, 2), (3, 4))),), added_tags=(1,),
)


def written(given: Annotation | None) -> dict[str, Any]:
    """Return a photo's entry as it is read from a file."""
    photo = Photo(name="b", path=Path("b.jpg"), tags=(0,), split="train", mask=None,
                  annotation=given)
    made: dict[str, Any] = json.loads(json.dumps(annotation_entry(photo)))
    return made


def test_there_and_back() -> None:
    """With how the mask is turned; nothing of photos without annotations."""
    found = annotation_of(written(WHOLE), 2)
    assert found == WHOLE
    assert found is not None
    assert found.mask is not None
    assert isinstance(found.mask.path, MaskFile)
    assert found.mask.path.turn == 6
    assert annotation_of(written(None), 2) is None


@pytest.mark.parametrize(("key", "value"), [
    ("points", [[9, 1, 1]]), ("points", [[1, 1]]), ("points", [[1, float("nan"), 1]]),
    ("points", [[1, "x", 1]]), ("boxes", [[1, 0, 0, 1e9, 1]]), ("added_tags", [7]),
    ("scribbles", [[1, 3, [[1]]]]), ("points", 3),
])
def test_damage_is_found(key: str, value: object) -> None:
    """As the errors that the reader of the file reports."""
    entry = written(WHOLE)
    entry["annotation"][key] = value
    with pytest.raises((ValueError, TypeError, KeyError)):
        annotation_of(entry, 2)
