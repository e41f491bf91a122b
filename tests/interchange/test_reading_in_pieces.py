"""Files of any size are read item by item; places in them are those of bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.interchange import json_items
from tag2mask.interchange.json_items import Items, items
from tag2mask.interchange.limits import checked_size, photo_file, xml_elements

CONTENT = {"info": {"by": "Zoë"}, "n": 12345, "images": [{"id": i, "name": f"ü {i}" * i}
                                                        for i in range(40)], "none": []}


@pytest.mark.parametrize("piece", [1, 7, 64, 2**18])
@pytest.mark.parametrize("bom", [True, False])
def test_items_come_back_whatever_is_read_at_once(
    piece: int, bom: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With text beyond ASCII, and numbers that end where a piece ends."""
    monkeypatch.setattr(json_items, "_PIECE", piece)
    path = tmp_path / "x.json"
    path.write_text(json.dumps(CONTENT, ensure_ascii=False, indent=1),
                    encoding="utf-8-sig" if bom else "utf-8")
    reader = Items(path)
    found = [(key, reader.read(span) if span[1] else value) for key, span, value in items(path)]
    reader.close()
    assert [value for key, value in found if key == "images"] == CONTENT["images"]
    assert [pair for pair in found if pair[0] != "images"] == [
        ("info", {"by": "Zoë"}), ("n", 12345), ("none", [])]


@pytest.mark.parametrize("text", ['{"a": [1,2', '[{"a":1},', "", "{", '{"a" 1}', "nonsense",
                                  "[1 2]", '{"a": [tru]}', "[" * 100_000])
def test_what_is_no_json(text: str, tmp_path: Path) -> None:
    """Cut short, without commas, or nested without end."""
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no JSON, or is damaged or cut short"):
        list(items(path))


def test_xml_elements_are_dropped_when_they_were_given(tmp_path: Path) -> None:
    """So the tree does not grow."""
    path = tmp_path / "x.xml"
    path.write_text("<a>" + "".join(f'<image id="{i}"><tag/></image>' for i in range(50)) + "</a>",
                    encoding="utf-8")
    found = list(xml_elements(path, "image"))
    assert [element.get("id") for element in found] == [str(i) for i in range(50)]
    assert all(len(element) == 1 for element in found)


@pytest.mark.parametrize(("typed", "file"), [
    ("a b.jpg", "a b.jpg"), ("./sub/x.jpg", "sub/x.jpg"), ("sub\\x.jpg", "sub/x.jpg"),
])
def test_names_of_photos(typed: str, file: str) -> None:
    """With "/" whatever the system that wrote them."""
    assert photo_file(typed, where="here") == file


@pytest.mark.parametrize(("height", "width"), [(0, 5), ("3", 4), (True, 4), (None, 2), (2.0, -1),
                                               (float("inf"), 3), (float("nan"), 3),
                                               (30_000, 30_000)])
def test_sizes_that_are_none(height: object, width: object) -> None:
    """Too large ones would fill the memory."""
    with pytest.raises(ValueError, match=r"height and width|claims"):
        checked_size(height, width)
    assert checked_size(3, 4.0) == (3, 4)
